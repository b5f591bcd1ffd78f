import { AnswerError } from "../answers/answer_error.js";
import { newClientId } from "../answers/client_id.js";
import { ReplyFollower } from "../answers/reply_follower.js";
import { Retrying } from "../answers/retrying.js";
import { AnswerRun } from "./answer_run.js";
import { ChatMessage, OUT_OF_REACH } from "./chat_message.js";

/**
 * @typedef {import("../api/chat_api.js").ChatApi} ChatApi
 * @typedef {import("../api/chat_api.js").Question} Question
 * @typedef {import("./branch.js").Branch} Branch
 */

/**
 * What a person can do in a conversation: ask, stop, try again, ask otherwise, show another branch, begin anew.
 * One answer is followed at a time; those that are left behind go on at the server.
 */
export class ChatSession {
  #api;
  #branch;
  #chosenModel;
  #tools;
  /** @type {AnswerRun | null} */
  #run = null;
  #loading = new AbortController();
  /** @type {Promise<void> | null} */
  #opening = null;
  /** The conversation that is meant, as long as it is not shown: it could not be loaded yet. */
  #wanted = "";
  #isLoadingOlder = false;

  /**
   * @param {ChatApi} api
   * @param {Branch} branch
   * @param {object} options
   * @param {import("./answer_run.js").Outbox} options.outbox
   * @param {() => string | undefined} [options.chosenModel] `undefined` leaves the choice to the server
   * @param {(told: unknown) => void} [options.onAllowance] told what the server says of a budget with an answer;
   *   `undefined` where there is enough
   * @param {Retrying} [options.retrying]
   * @param {Pick<ReplyFollower, "follow">} [options.follower]
   */
  constructor(api, branch, options) {
    const retrying = options.retrying ?? new Retrying();
    const follower = options.follower ?? new ReplyFollower(api, { retrying });
    const { chosenModel = () => undefined, outbox, onAllowance = () => {} } = options;
    this.#api = api;
    this.#branch = branch;
    this.#chosenModel = chosenModel;
    this.#tools = {
      api,
      branch,
      retrying,
      follower,
      chosenModel,
      outbox,
      onAllowance,
      given: new AbortController(),
    };
  }

  get running() {
    return this.#run !== null;
  }

  /**
   * Shows a conversation, and follows its answer if that is still being made.
   *
   * @param {string} id
   */
  async open(id) {
    const opening = this.#open(id, this.#leave());
    this.#wanted = id;
    this.#opening = opening;
    try {
      await opening;
    } finally {
      if (this.#opening === opening) {
        this.#opening = null;
        // Where another one is still shown, that is meant.
        if (this.#branch.conversation !== null) this.#wanted = "";
      }
    }
  }

  /**
   * Returns whether the conversation that is meant is shown, as soon as it is; it is not where another one is meant by
   * then. Rejects where it cannot be loaded.
   */
  async ready() {
    const id = this.#wanted;
    if (id === "") return true;
    await this.#opening?.catch(() => {});
    if (this.#wanted === id) await (this.#opening ?? this.open(id));
    return this.#branch.conversation?.id === id;
  }

  /** Shows what has happened elsewhere in the meantime. */
  async refresh() {
    const conversation = this.#branch.conversation;
    const settled = () => !this.running && this.#branch.last?.id !== null;
    if (conversation === null || !settled()) return;
    const { signal } = this.#loading;
    const kept = await this.#api.show(conversation.id, { signal });
    if (signal.aborted || !settled()) return;
    if (this.#branch.shows(kept)) this.#branch.describe(kept);
    else this.#branch.open(kept);
    this.#followLast();
  }

  /**
   * Returns whether the message was asked, once it is answered; it is not while another answer is being made.
   * Rejects where the conversation that it is meant for cannot be loaded.
   *
   * @param {string} message
   * @param {Partial<Question>} [known] by what name it is asked; with a `parent_id`, as it was sent before
   */
  async send(message, known = {}) {
    // What is sent before it is open belongs into it all the same. Else it runs at once: a Stop may follow right away.
    if (this.#wanted !== "" && !(await this.ready())) return false;
    if (this.running) return false;
    await this.#send(message, known);
    return true;
  }

  /**
   * Asks otherwise, beside the message that was asked before.
   *
   * @param {ChatMessage} question
   * @param {string} message
   */
  async edit(question, message) {
    this.#leave();
    const asked = [ChatMessage.question(message, question.siblings), ChatMessage.answer()];
    await this.#ask(this.#branch.previousOf(question), asked, { message, parent_id: question.parentId });
  }

  /**
   * Asks for another answer in place of this one, which stays beside it.
   *
   * @param {ChatMessage} answer
   * @param {string} [model]
   */
  async answerAgain(answer, model) {
    this.#leave();
    // What it answers may be the first message that is not loaded yet.
    if (this.#branch.previousOf(answer) === null) await this.loadOlder();
    const question = this.#branch.previousOf(answer);
    if (!question?.id) return;
    const asked = [ChatMessage.answer(answer.siblings)];
    await this.#ask(question, asked, { answer_to: question.id }, model);
  }

  /** @param {ChatMessage} answer one that failed */
  async retry(answer) {
    if (this.running) return;
    if (answer.state !== OUT_OF_REACH && answer.id !== null) return this.answerAgain(answer);
    const mayHaveCome = this.#branch.conversation !== null && !isRefused(answer);
    const run = this.#begin(answer, mayHaveCome);
    // What the server refused was not kept, and may be asked differently now; what it may have got must stay the same.
    if (answer.asked && !mayHaveCome) {
      this.#tools.outbox.onArrived(answer.asked);
      answer.asked = this.#question({ ...answer.asked, client_id: newClientId() }, this.#chosenModel());
    }
    if (answer.asked) this.#tools.outbox.onSending(answer.asked);
    this.#branch.change(answer, () => answer.resume());
    await this.#work(run);
  }

  stop() {
    this.#run?.stop();
  }

  /**
   * Shows the branch of a sibling.
   *
   * @param {string} messageId
   */
  async switchTo(messageId) {
    const { conversation } = this.#branch;
    if (conversation === null) return;
    const signal = this.#leave();
    try {
      await this.#api.change(conversation.id, { leaf_id: messageId });
      const kept = await this.#api.show(conversation.id, { signal });
      signal.throwIfAborted();
      this.#branch.open(kept);
    } finally {
      if (!signal.aborted) this.#followLast();
    }
  }

  async loadOlder() {
    const { conversation, before } = this.#branch;
    if (conversation === null || before === null || this.#isLoadingOlder) return;
    this.#isLoadingOlder = true;
    const { signal } = this.#loading;
    try {
      const older = await this.#api.show(conversation.id, { before, signal });
      if (this.#branch.before === before) this.#branch.prepend(older);
    } finally {
      this.#isLoadingOlder = false;
    }
  }

  beginAnew() {
    this.#leave();
    this.#branch.clear();
  }

  /** Nothing of what was asked is to reach the server any more. */
  giveUp() {
    this.#tools.given.abort();
    this.#tools.given = new AbortController();
  }

  /**
   * @param {string} id
   * @param {AbortSignal} signal
   */
  async #open(id, signal) {
    const kept = await this.#api.show(id, { signal });
    signal.throwIfAborted();
    this.#branch.open(kept);
    this.#followLast();
    const again = this.running ? undefined : this.#tools.outbox.unfinished(id);
    if (again?.message) this.#send(again.message, again);
  }

  /**
   * @param {string} message
   * @param {Partial<Question>} known
   */
  async #send(message, known) {
    const { last, lastKept, messages } = this.#branch;
    const asked = [ChatMessage.question(message), ChatMessage.answer()];
    const { parent_id } = known;
    if (parent_id === undefined) {
      return this.#ask(last, asked, { message, parent_id: lastKept?.id ?? null, ...known });
    }
    // It has to be the very same question.
    const parent = parent_id === null ? null : messages.find(({ id }) => id === parent_id);
    return this.#ask(
      parent === undefined ? last : parent,
      asked,
      { message, ...known },
      known.model ?? "",
      true,
    );
  }

  /** Follows nothing and loads nothing any more; returns the signal for what is loaded next. */
  #leave() {
    this.#wanted = "";
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#run?.leave();
    this.#run = null;
    return this.#loading.signal;
  }

  /**
   * @param {ChatMessage} answer
   * @param {boolean} [mayHaveCome]
   */
  #begin(answer, mayHaveCome = false) {
    this.#run = new AnswerRun(answer, this.#tools, mayHaveCome);
    return this.#run;
  }

  #followLast() {
    const { last } = this.#branch;
    if (this.running || !last?.pending || last.id === null) return;
    const run = this.#begin(last);
    // Whoever listens learns that it runs.
    this.#branch.change(last, () => {});
    this.#work(run);
  }

  /**
   * @param {ChatMessage | null} after
   * @param {ChatMessage[]} messages the last of them is the answer
   * @param {Partial<Question>} question
   * @param {string} [model]
   * @param {boolean} [wasSent]
   */
  async #ask(after, messages, question, model = this.#chosenModel(), wasSent = false) {
    const answer = /** @type {ChatMessage} */ (messages.at(-1));
    answer.asked = this.#question(question, model);
    this.#tools.outbox.onSending(answer.asked);
    const run = this.#begin(answer, wasSent);
    this.#branch.continue(after, messages);
    await this.#work(run);
  }

  /**
   * @param {Partial<Question>} question
   * @param {string | undefined} model
   * @returns {Question}
   */
  #question(question, model) {
    return { client_id: newClientId(), ...question, ...(model ? { model } : {}) };
  }

  /** @param {AnswerRun} run */
  async #work(run) {
    const end = await run.outcome();
    if (this.#run === run) this.#run = null;
    end();
  }
}

/** @param {ChatMessage} answer */
function isRefused({ problem }) {
  return problem !== null && new AnswerError(problem).isRefusal;
}
