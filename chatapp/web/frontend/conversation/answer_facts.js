import { texts } from "../texts.js";

/** @typedef {import("./chat_message.js").ChatMessage} ChatMessage */

/** @type {Readonly<Record<string, string>>} */
const NOTES = {
  truncated: texts.cutOff,
  filtered: texts.filtered,
  refused: texts.refused,
  stopped: texts.stopped,
};

/**
 * What to add quietly under an answer that is not simply whole; "" where there is nothing to add.
 *
 * @param {ChatMessage} message
 */
export function noteOf(message) {
  if (!message.pending) return NOTES[message.state] ?? "";
  if (!message.connected) return texts.reconnecting;
  return message.stopping ? texts.stopping : "";
}

/**
 * Model, tokens and cost in one line, as far as they are known.
 *
 * @param {ChatMessage} message
 */
export function costOf({ pending, model, usage, cost }) {
  if (pending) return "";
  const tokens = usage?.total_tokens;
  return [model, tokens === undefined ? undefined : texts.tokens(tokens), price(cost)]
    .filter(Boolean)
    .join(" · ");
}

/**
 * What else a person may pass on when asking for help.
 *
 * @param {ChatMessage} message
 */
export function detailsOf({ problem }) {
  if (problem === null) return "";
  const { code, requestId, details } = problem;
  return [...details, texts.code(code), requestId && texts.requestId(requestId)].filter(Boolean).join("\n");
}

/** @param {import("../api/chat_api.js").Cost | null} cost */
function price(cost) {
  if (!cost?.usd) return undefined;
  return cost.source === "provider" ? texts.cost(cost.usd) : texts.estimatedCost(cost.usd);
}
