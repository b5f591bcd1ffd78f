import { day, number } from "../language.js";
import { texts } from "../texts.js";
import { dollars, exactDollars, nanoUsd } from "./money.js";

/**
 * @typedef {import("./chat_message.js").ChatMessage} ChatMessage
 * @typedef {import("../api/chat_api.js").Cost} Cost
 */

/** @type {Readonly<Record<string, () => string>>} */
const NOTES = {
  truncated: () => texts.cutOff,
  filtered: () => texts.filtered,
  refused: () => texts.refused,
  stopped: () => texts.stopped,
};

/**
 * What to add quietly under an answer: how it ended, if not simply whole, and what its model was not told; "" where
 * there is nothing to add.
 *
 * @param {ChatMessage} message
 */
export function noteOf(message) {
  const leftOut = message.leftOut === 0 ? "" : texts.tooOld(message.leftOut);
  return [stateNoteOf(message), leftOut].filter(Boolean).join(" ");
}

/** @param {ChatMessage} message */
function stateNoteOf(message) {
  if (!message.pending) return NOTES[message.state]?.() ?? "";
  // Whoever has stopped it waits for nothing else.
  if (message.stopping) return texts.stopping;
  return message.connected ? "" : texts.reconnecting;
}

/**
 * Model, tokens and cost in one line, as far as they are known; "" where nothing is.
 *
 * @param {ChatMessage} message
 * @param {boolean} [isFake] whether nothing was charged for it
 */
export function costOf({ pending, model, usage, cost }, isFake = false) {
  if (pending) return "";
  const tokens = usage?.total_tokens;
  const wasFree = nanoUsd(cost?.usd) === 0n && !tokens;
  const facts = wasFree
    ? [model, texts.nothingCharged]
    : [model, tokens === undefined ? "" : texts.tokens(tokens), priceOf(cost, isFake)];
  return facts.filter(Boolean).join(" · ");
}

/**
 * What stands behind that line, as names and values in their order.
 *
 * @param {ChatMessage} message
 * @param {boolean} [isFake]
 * @returns {{ name: string, value: string, isPart?: boolean }[]} `isPart`: it is in the number before
 */
export function costDetailsOf({ model, usage, cost }, isFake = false) {
  const prompt = usage?.prompt_tokens_details ?? {};
  const rows = [
    { name: texts.model, value: model ?? "" },
    { name: texts.tokensIn, value: counted(usage?.prompt_tokens) },
    { name: texts.cachedTokens, value: counted(prompt.cached_tokens), isPart: true },
    { name: texts.writtenTokens, value: counted(prompt.cache_write_tokens), isPart: true },
    { name: texts.tokensOut, value: counted(usage?.completion_tokens) },
    {
      name: texts.reasoningTokens,
      value: counted(usage?.completion_tokens_details?.reasoning_tokens),
      isPart: true,
    },
    { name: isFake ? texts.wouldCost : texts.cost, value: exactPriceOf(cost) },
    { name: texts.countedBy, value: texts.sources[cost?.source ?? ""] ?? "" },
    { name: texts.pricesOf, value: dayOf(cost?.price_as_of) },
  ];
  return rows.filter(({ value }) => value !== "");
}

/**
 * What else a person may pass on when asking for help.
 *
 * @param {Pick<ChatMessage, "problem">} message
 */
export function detailsOf({ problem }) {
  if (problem === null) return "";
  const { code, requestId, details } = problem;
  return [...details, texts.code(code), requestId && texts.requestId(requestId)].filter(Boolean).join("\n");
}

/**
 * @param {Cost | null} cost
 * @param {boolean} isFake
 */
function priceOf(cost, isFake) {
  if (cost === null) return "";
  const nano = nanoUsd(cost.usd);
  if (nano === null) return texts.costUnknown;
  const amount = dollars(nano);
  const said = cost.source === "estimated" ? texts.about(amount) : amount;
  return isFake ? texts.wouldCostSo(said) : said;
}

/** @param {Cost | null} cost */
function exactPriceOf(cost) {
  if (cost === null) return "";
  const nano = nanoUsd(cost.usd);
  if (nano === null) return texts.unknown;
  const amount = exactDollars(nano);
  return cost.source === "estimated" ? texts.about(amount) : amount;
}

/** @param {number | undefined} tokens */
function counted(tokens) {
  return tokens === undefined ? "" : number(tokens);
}

/** @param {string | null | undefined} written as 2026-11-22 */
function dayOf(written) {
  const date = new Date(written ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? "" : day(date);
}
