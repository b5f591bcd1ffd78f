import { AnswerError } from "../answers/answer_error.js";
import { saysOffline } from "../answers/offline.js";
import { charactersIn } from "../answers/place.js";

/**
 * @typedef {import("../api/chat_api.js").Question} Question
 * @typedef {import("./chat_message.js").ChatMessage} ChatMessage
 * @typedef {import("../answers/answer_error.js").Problem} Problem
 *
 * What is told of the questions on their way, so that none is lost or asked twice.
 * @typedef {object} Outbox
 * @property {(question: Question, conversationId?: string) => void} onSending without an id: where one writes now
 * @property {(question: Question) => void} onArrived the server has it, or another one takes its place
 * @property {(question: Question, problem: Problem | null, isLeft: boolean) => void} onUnsent nobody tries any more;
 *   without a problem it was taken back
 * @property {(question: Question) => void} onStopped nobody wants its answer any more, but it may have come
 * @property {(conversationId: string) => Question | undefined} unfinished what is to be asked again by itself
 *
 * @typedef {object} RunTools
 * @property {import("../api/chat_api.js").ChatApi} api
 * @property {import("./branch.js").Branch} branch
 * @property {import("../answers/retrying.js").Retrying} retrying
 * @property {Pick<import("../answers/reply_follower.js").ReplyFollower, "follow">} follower
 * @property {() => string | undefined} chosenModel
 * @property {Outbox} outbox
 * @property {AbortController} given aborted where nothing of this is to reach the server any more
 * @property {(told: unknown) => void} onAllowance what the server says of a budget
 */

const SENDING_PATIENCE_MS = 20_000;

/** One answer that is awaited: asked for, where that is still to be done, and followed to its end. */
export class AnswerRun {
  #answer;
  #tools;
  #branch;
  #left = new AbortController();
  #withdrawn = new AbortController();
  #given;
  #mayHaveCome;

  /**
   * @param {ChatMessage} answer
   * @param {RunTools} tools
   * @param {boolean} mayHaveCome whether it was sent before
   */
  constructor(answer, tools, mayHaveCome) {
    this.#mayHaveCome = mayHaveCome;
    this.#answer = answer;
    this.#tools = tools;
    this.#branch = tools.branch;
    this.#given = AbortSignal.any([tools.given.signal, this.#withdrawn.signal]);
  }

  /** Follows it no more; it goes on at the server. */
  leave() {
    this.#left.abort();
  }

  /** Ends it at the server, where that may know of it: as soon as it surely does. Else takes the question back. */
  stop() {
    const { id, asked, stopping } = this.#answer;
    if (stopping) return;
    if (id === null && !this.#mayHaveCome) return this.#withdrawn.abort();
    this.#setStopping(true);
    if (id !== null) this.#requestStop(id);
    else if (asked) this.#tools.outbox.onStopped(asked);
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
      const { problem } = error instanceof AnswerError ? error : AnswerError.unreadable();
      return () => this.#fail(problem);
    }
  }

  /** @param {Problem} problem */
  #fail(problem) {
    const answer = this.#answer;
    const isWithdrawn = this.#withdrawn.signal.aborted;
    const isLeft = this.#left.signal.aborted;
    if (isWithdrawn) this.#branch.withdraw(answer);
    else if (this.#given.aborted) return;
    else if (!isLeft) this.#branch.change(answer, () => answer.fail(problem));
    if (answer.id !== null || !answer.asked) return;
    this.#tools.outbox.onUnsent(answer.asked, isWithdrawn ? null : problem, isLeft);
  }

  /** Brings the question to the server, also when nobody waits for its answer any more. */
  async #send() {
    const answer = this.#answer;
    const question = this.#branch.previousOf(answer);
    const asked = /** @type {Question} */ (answer.asked);
    const conversationId = await this.#conversationId();
    this.#tools.outbox.onSending(asked, conversationId);
    const reply = await this.#insist(() => this.#ask(conversationId, asked));
    this.#tools.outbox.onArrived(asked);
    if (question !== null && question.id === null) {
      this.#branch.identify(question, reply.user_message_id ?? "", asked.parent_id ?? null);
    }
    answer.leftOut = reply.left_out ?? 0;
    this.#branch.identify(answer, reply.id, reply.user_message_id);
    this.#connect(true);
    if (reply.text !== "") this.#branch.grow(answer, reply.text);
    if (answer.stopping) this.#requestStop(reply.id);
    if (reply.allowance) this.#tools.onAllowance(reply.allowance);
  }

  /**
   * @param {string} conversationId
   * @param {Question} asked
   */
  async #ask(conversationId, asked) {
    // A server on the same machine is reached without a network, too. What then fails to reach one has most likely not come.
    const cannotCome = !this.#mayHaveCome && saysOffline();
    this.#mayHaveCome = true;
    try {
      return await this.#tools.api.ask(conversationId, asked, this.#given);
    } catch (error) {
      if (cannotCome && saysOffline() && error instanceof AnswerError && error.isUnreachable) {
        this.#mayHaveCome = false;
        if (this.#answer.stopping) this.#withdrawn.abort();
      }
      throw error;
    }
  }

  async #conversationId() {
    const { conversation, instructions } = this.#branch;
    if (conversation !== null) return conversation.id;
    const wanted = { model: this.#tools.chosenModel(), system: instructions || undefined };
    const made = await this.#insist(() => this.#tools.api.create(wanted, this.#given));
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
    if (!this.#answer.pending || this.#answer.connected === connected) return;
    this.#branch.change(this.#answer, (answer) => {
      answer.connected = connected;
    });
  }

  /** @param {string} replyId */
  #requestStop(replyId) {
    // It shows in the answer's end. Where the server cannot be reached, one can try again.
    this.#insist(() => this.#tools.api.stop(replyId)).catch(() => this.#setStopping(false));
  }

  /** @param {boolean} stopping */
  #setStopping(stopping) {
    if (!this.#answer.pending) return;
    this.#branch.change(this.#answer, (answer) => {
      answer.stopping = stopping;
    });
  }

  /**
   * @template T
   * @param {() => Promise<T>} action
   */
  #insist(action) {
    const signal = this.#given;
    const onBroken = () => this.#connect(false);
    const act = () => {
      // It may have been aborted between two steps.
      signal.throwIfAborted();
      return orAborted(action(), signal);
    };
    return this.#tools.retrying.run(act, {
      signal,
      patienceMs: SENDING_PATIENCE_MS,
      onBroken,
    });
  }
}

/**
 * Whoever waits for a password, say, hears nothing of an abort.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
function orAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
