import { texts } from "../texts.js";

/** @typedef {import("./turn.js").Turn} Turn */

/** @type {Readonly<Record<string, string>>} */
const NOTES = { length: texts.cutOff, content_filter: texts.filtered, refusal: texts.refused };

/**
 * What to add quietly under an answer that is not simply whole; "" where there is nothing to add.
 *
 * @param {Turn} turn
 */
export function noteOf(turn) {
  if (turn.state === "stopped") return texts.stopped;
  return NOTES[turn.ending?.finish_reason ?? ""] ?? "";
}

/**
 * Model, tokens and cost in one line, as far as they are known.
 *
 * @param {Turn} turn
 */
export function costOf(turn) {
  const { model, usage, cost } = turn.ending ?? {};
  const tokens = usage?.total_tokens;
  return [model, tokens === undefined ? undefined : texts.tokens(tokens), price(cost)]
    .filter(Boolean)
    .join(" · ");
}

/**
 * What else a person may pass on when asking for help.
 *
 * @param {Turn} turn
 */
export function detailsOf(turn) {
  if (turn.problem === null) return "";
  const { code, requestId, details } = turn.problem;
  return [...details, texts.code(code), requestId && texts.requestId(requestId)].filter(Boolean).join("\n");
}

/** @param {import("../answers/answer_client.js").Cost | null | undefined} cost */
function price(cost) {
  if (!cost?.usd) return undefined;
  return cost.source === "provider" ? texts.cost(cost.usd) : texts.estimatedCost(cost.usd);
}
