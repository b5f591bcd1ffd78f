import { texts } from "../texts.js";

/** @typedef {import("../api/connection.js").ConnectionState} ConnectionState */

/** @type {Readonly<Record<ConnectionState, string>>} */
const WORDS = { there: "", offline: texts.offline, unreachable: texts.outOfReach };

/**
 * Says quietly, as long as it is so, that nothing can be sent.
 *
 * @param {HTMLElement} element
 * @param {import("../api/connection.js").Connection} connection
 * @param {(words: string) => void} say tells screen readers
 */
export function showConnection(element, connection, say) {
  const show = (/** @type {ConnectionState} */ state) => {
    element.textContent = WORDS[state];
    element.hidden = state === "there";
    say(WORDS[state] || texts.reconnected);
  };
  if (connection.state !== "there") show(connection.state);
  connection.onChange(show);
}
