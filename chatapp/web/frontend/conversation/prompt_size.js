import { estimatedTokens } from "./token_estimate.js";

/**
 * @typedef {import("./branch.js").Branch} Branch
 * @typedef {import("./chat_message.js").ChatMessage} ChatMessage
 */

/** What the provider's format adds, as the server counts it: to each message, and for the answer's first words. */
const [TOKENS_PER_MESSAGE, TOKENS_PER_ANSWER] = [4, 3];

/** Estimates how long the prompts of a branch are, and reads no message twice that stayed the same. */
export class PromptSize {
  #branch;
  #ownersTokens;
  /** @type {WeakMap<ChatMessage, { text: string, tokens: number }>} */
  #known = new WeakMap();

  /**
   * @param {Branch} branch
   * @param {number} [ownersTokens] what the owner's instructions come to, which no page has
   */
  constructor(branch, ownersTokens = 0) {
    this.#branch = branch;
    this.#ownersTokens = ownersTokens;
  }

  /**
   * Returns what will be sent if `draft` is; `isWhole` is false where messages are missing that the page has not
   * loaded.
   *
   * @param {string} draft
   */
  with(draft) {
    const { messages, before } = this.#branch;
    let tokens = TOKENS_PER_MESSAGE + estimatedTokens(draft);
    for (const message of messages.reverse()) {
      const counted = countOf(message);
      if (counted !== null) return { tokens: tokens + TOKENS_PER_MESSAGE + counted, isWhole: true };
      if (message.text !== "") tokens += this.#of(message);
    }
    return { tokens: tokens + this.#instructions(), isWhole: before === null };
  }

  #instructions() {
    const { instructions } = this.#branch;
    const own = instructions === "" ? 0 : TOKENS_PER_MESSAGE + estimatedTokens(instructions);
    const owners = this.#ownersTokens === 0 ? 0 : TOKENS_PER_MESSAGE + this.#ownersTokens;
    return TOKENS_PER_ANSWER + own + owners;
  }

  /** @param {ChatMessage} message */
  #of(message) {
    const { text } = message;
    let known = this.#known.get(message);
    if (known?.text !== text) {
      known = { text, tokens: estimatedTokens(text) };
      this.#known.set(message, known);
    }
    return TOKENS_PER_MESSAGE + known.tokens;
  }
}

/**
 * What an answer and all before it come to, where its count tells; what it thought is not sent again.
 *
 * @param {ChatMessage} message
 */
function countOf({ look, usage }) {
  if (look !== "done" || !usage?.prompt_tokens) return null;
  const thought = usage.completion_tokens_details?.reasoning_tokens ?? 0;
  return usage.prompt_tokens + Math.max(0, (usage.completion_tokens ?? 0) - thought);
}
