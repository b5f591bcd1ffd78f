import { AnswerError } from "../answers/answer_error.js";
import { charactersIn } from "../answers/place.js";

/**
 * @typedef {import("../api/chat_api.js").Question} Question
 * @typedef {import("./chat_message.js").ChatMessage} ChatMessage
 *
 * @typedef {object} RunTools
 * @property {import("../api/chat_api.js").ChatApi} api
 * @property {import("./branch.js").Branch} branch
 * @property {import("../answers/retrying.js").Retrying} retrying
 * @property {Pick<import("../answers/reply_follower.js").ReplyFollower, "follow">} follower
 * @property {() => string | undefined} chosenModel
 * @property {(message: string) => void} onAsked told what the server has kept
 * @property {(told: unknown) => void} onAllowance what the server says of a budget
 */

const SENDING_PATIENCE_MS = 20_000;

/** One answer that is awaited: asked for, where that is still to be done, and followed to its end. */
export class AnswerRun {
  #answer;
  #tools;
  #branch;
  #left = new AbortController();

  /**
   * @param {ChatMessage} answer
   * @param {RunTools} tools
   */
  constructor(answer, tools) {
    this.#answer = answer;
    this.#tools = tools;
    this.#branch = tools.branch;
  }

  /** Follows it no more; it goes on at the server. */
  leave() {
    this.#left.abort();
  }

  /** Ends it at the server; before that knows of it, as soon as it does. */
  stop() {
    if (this.#answer.stopping) return;
    this.#branch.change(this.#answer, (answer) => {
      answer.stopping = true;
    });
    if (this.#answer.id !== null) this.#requestStop(this.#answer.id);
  }

  /**
   * Returns what is left to do once the answer has ended, or was left.
   *
   * @returns {Promise<() => void>}
   */
  async outcome() {
    const [answer, { signal }] = [this.#answer, this.#left];
    try {
      if (answer.id === null) await this.#send();
      signal.throwIfAborted();
      const last = await this.#follow(/** @type {string} */ (answer.id));
      // An error says nothing of budgets, also where most is used up.
      if (last.allowance || !last.error) this.#tools.onAllowance(last.allowance);
      return () => this.#branch.change(answer, () => answer.end(last));
    } catch (error) {
      if (signal.aborted) return () => {};
      const { problem } = error instanceof AnswerError ? error : AnswerError.unreadable();
      return () => this.#branch.change(answer, () => answer.fail(problem));
    }
  }

  /** Brings the question to the server, also when nobody waits for its answer any more. */
  async #send() {
    const answer = this.#answer;
    const question = this.#branch.previousOf(answer);
    const asked = /** @type {Question} */ (answer.asked);
    const conversationId = await this.#conversationId();
    const reply = await this.#insist(() => this.#tools.api.ask(conversationId, asked));
    if (question !== null && question.id === null) {
      this.#branch.identify(question, reply.user_message_id ?? "", asked.parent_id ?? null);
    }
    answer.leftOut = reply.left_out ?? 0;
    this.#branch.identify(answer, reply.id, reply.user_message_id);
    this.#connect(true);
    if (reply.text !== "") this.#branch.grow(answer, reply.text);
    if (answer.stopping) this.#requestStop(reply.id);
    if (reply.allowance) this.#tools.onAllowance(reply.allowance);
    this.#tools.onAsked(asked.message ?? "");
  }

  async #conversationId() {
    const { conversation, instructions } = this.#branch;
    if (conversation !== null) return conversation.id;
    const wanted = { model: this.#tools.chosenModel(), system: instructions || undefined };
    const made = await this.#insist(() => this.#tools.api.create(wanted));
    if (!this.#left.signal.aborted) this.#branch.describe(made);
    return made.id;
  }

  /** @param {string} replyId */
  #follow(replyId) {
    return this.#tools.follower.follow(replyId, charactersIn(this.#answer.text), {
      signal: this.#left.signal,
      onText: (text) => this.#branch.grow(this.#answer, text),
      onConnection: (connected) => this.#connect(connected),
    });
  }

  /** @param {boolean} connected */
  #connect(connected) {
    if (this.#answer.connected === connected) return;
    this.#branch.change(this.#answer, (answer) => {
      answer.connected = connected;
    });
  }

  /** @param {string} replyId */
  #requestStop(replyId) {
    // It shows in the answer's end; where the server is out of reach, the reader sees that there too.
    this.#insist(() => this.#tools.api.stop(replyId), this.#left.signal).catch(() => {});
  }

  /**
   * @template T
   * @param {() => Promise<T>} action
   * @param {AbortSignal} [signal]
   */
  #insist(action, signal = new AbortController().signal) {
    const onBroken = () => this.#connect(false);
    return this.#tools.retrying.run(action, { signal, patienceMs: SENDING_PATIENCE_MS, onBroken });
  }
}
