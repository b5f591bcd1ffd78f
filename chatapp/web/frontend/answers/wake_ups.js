import { listen } from "../listen.js";

/**
 * Calls `handler` when the network is back, or the reader; returns what ends it.
 *
 * @param {() => void} handler
 */
export function onWakeUp(handler) {
  const ends = [
    listen(window, "online", handler),
    listen(window, "pageshow", handler),
    listen(document, "visibilitychange", () => {
      if (document.visibilityState === "visible") handler();
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}
