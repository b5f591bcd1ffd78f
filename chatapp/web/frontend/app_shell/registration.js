const WORKER = "/service-worker.js";
const SCOPE = "/chat";

/** Has the page open without a network from now on, where the browser can do that; it does not hurry. */
export function openOffline() {
  const begin = () => navigator.serviceWorker?.register(WORKER, { scope: SCOPE }).catch(() => {});
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin, { once: true });
}
