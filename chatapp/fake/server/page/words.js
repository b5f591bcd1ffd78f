/** @typedef {import("./calls_feed.js").Call} Call */

const numbers = new Intl.NumberFormat("en");
const times = new Intl.DateTimeFormat("en", { timeStyle: "medium", hourCycle: "h23" });

/** @type {Record<string, string>} */
const STATES = { running: "Answering", finished: "Finished", cancelled: "Cancelled", failed: "Failed" };

/** @type {Record<string, string>} */
const FAULTS = {
  error: "an error",
  reset: "connection reset",
  cut: "cut off",
  stall: "falls silent",
  malformed: "a chunk that is no JSON",
  wrong_type: "a page in place of an answer",
  slow_head: "a slow beginning",
  endless: "without end",
};

/** The words of the page that depend on what happens; the others stand in its HTML. */
export const words = {
  waiting: "Nothing said so far",
  silent: "Nothing was said",
  noUserMessage: "(no text from the user)",
  lost: "The fake does not answer any more. This page shows what it knew, and waits for it.",
  copied: "Copied",
  gone: "The fake does not know this call any more.",
  byItself: "none fitted: the fake answered by itself",

  state: (/** @type {string} */ state) => STATES[state] ?? state,
  number: (/** @type {number} */ value) => numbers.format(value),
  time: (/** @type {string} */ iso) => times.format(new Date(iso)),
  turn: (/** @type {number} */ turn) => `turn ${turn}`,
  of: (/** @type {number} */ number) => ` of call ${number}`,
  count: (/** @type {number} */ calls, /** @type {number} */ running) =>
    `${plural(calls, "call")}, ${running} running`,
  characters: (/** @type {number} */ count) => plural(count, "character"),
  left: (/** @type {number} */ count) => `left after ${plural(count, "character")}`,
  tokens: (/** @type {number} */ asked, /** @type {number} */ made) =>
    `${plural(asked, "token")} in, ${numbers.format(made)} out`,
  older: (/** @type {number} */ count) => `${plural(count, "older call")} not shown`,
  before: (/** @type {number} */ count) => `${plural(count, "message")} before these`,
  withoutPrice: (/** @type {number} */ count) => `and ${plural(count, "call")} without a known price`,
  fault: (/** @type {string} */ kind, /** @type {number | null} */ status) =>
    status === null ? `fault: ${FAULTS[kind] ?? kind}` : `fault: error ${status}`,
  usd: (/** @type {string} */ usd) => `$${usd.replace(/(\.\d\d\d*?)0+$/, "$1")}`,
  noPrice: "no known price",
};

/**
 * @param {number} count
 * @param {string} noun
 */
function plural(count, noun) {
  return `${numbers.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}
