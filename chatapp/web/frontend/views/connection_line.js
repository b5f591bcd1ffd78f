import { texts } from "../texts.js";

/** @typedef {import("../api/connection.js").ConnectionState} ConnectionState */

/**
 * Says quietly, as long as it is so, that nothing can be sent.
 *
 * @param {HTMLElement} element
 * @param {import("../api/connection.js").Connection} connection
 * @param {(words: string) => void} say tells screen readers
 */
export function showConnection(element, connection, say) {
  const words = { there: "", offline: texts.offline, unreachable: texts.outOfReach };
  const show = (/** @type {ConnectionState} */ state) => {
    element.textContent = words[state];
    element.hidden = state === "there";
    say(words[state] || texts.reconnected);
  };
  if (connection.state !== "there") show(connection.state);
  connection.onChange(show);
}
