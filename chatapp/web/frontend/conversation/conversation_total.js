import { texts } from "../texts.js";
import { UNSENT } from "./chat_message.js";
import { dollars, nanoUsd } from "./money.js";

/**
 * @typedef {import("./chat_message.js").ChatMessage} ChatMessage
 *
 * What is known of a sum: all of it, all with some of it estimated, or only a part.
 * @typedef {"exact" | "about" | "at least"} Certainty
 *
 * @typedef {object} Total
 * @property {number} answers how many are in it
 * @property {{ sum: number, certainty: Certainty }} tokens
 * @property {{ sum: bigint, certainty: Certainty }} cost in nano-dollars
 */

/**
 * Adds up what the answers among `messages` came to; those that are still being made do not count yet.
 *
 * @param {ChatMessage[]} messages
 * @returns {Total}
 */
export function totalOf(messages) {
  const answers = messages.filter(
    ({ role, pending, state }) => role === "assistant" && !pending && state !== UNSENT,
  );
  const tokens = answers.map(({ usage }) => usage?.total_tokens ?? null);
  const costs = answers.map(({ cost }) => nanoUsd(cost?.usd));
  const isEstimated = answers.some(({ cost }) => cost?.source === "estimated");
  // Without a price nobody says whose count the tokens are.
  const isUnsure = answers.some(({ cost }) => cost?.source !== "provider");
  return {
    answers: answers.length,
    tokens: {
      sum: tokens.reduce((/** @type {number} */ sum, count) => sum + (count ?? 0), 0),
      certainty: certainty(tokens, isUnsure),
    },
    cost: {
      sum: costs.reduce((/** @type {bigint} */ sum, cost) => sum + (cost ?? 0n), 0n),
      certainty: certainty(costs, isEstimated),
    },
  };
}

/**
 * Says a total in one line; "" where nothing is known.
 *
 * @param {Total} total
 * @param {{ isWhole: boolean, isFake: boolean }} how whether all messages are in it, and nothing was charged for them
 */
export function wordsOf({ tokens, cost }, { isWhole, isFake }) {
  const isCostKnown = cost.certainty !== "at least" || cost.sum > 0n;
  if (tokens.sum === 0 && (cost.sum === 0n || !isCostKnown)) return "";
  const amount = isCostKnown
    ? dollars(cost.sum, cost.certainty === "at least" ? "down" : "near")
    : texts.costUnknown;
  const costs =
    !isCostKnown || cost.certainty === tokens.certainty ? amount : qualified(amount, cost.certainty);
  const money = isFake && isCostKnown ? texts.wouldCostSo(costs) : costs;
  const words =
    tokens.sum > 0 ? texts.both(qualified(texts.tokens(tokens.sum), tokens.certainty), money) : money;
  return isWhole ? texts.thisConversation(words) : texts.shownMessages(words);
}

/**
 * @param {string} amount
 * @param {Certainty} certainty
 */
function qualified(amount, certainty) {
  if (certainty === "exact") return amount;
  return certainty === "about" ? texts.about(amount) : texts.atLeast(amount);
}

/**
 * @param {unknown[]} parts null: not known
 * @param {boolean} isEstimated
 * @returns {Certainty}
 */
function certainty(parts, isEstimated) {
  if (parts.includes(null)) return "at least";
  return isEstimated ? "about" : "exact";
}
