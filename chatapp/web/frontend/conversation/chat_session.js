import { AnswerError } from "../answers/answer_error.js";

/**
 * @typedef {import("../answers/answer_client.js").AnswerClient} AnswerClient
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {import("./turn.js").Turn} Turn
 */

/** What a person can do in a conversation: ask, stop, try again, begin anew. One answer is made at a time. */
export class ChatSession {
  #client;
  #conversation;
  #chosenModel;
  /** @type {AbortController | null} */
  #running = null;

  /**
   * @param {Pick<AnswerClient, "ask">} client
   * @param {Conversation} conversation
   * @param {() => string | undefined} [chosenModel] `undefined` leaves the choice to the server
   */
  constructor(client, conversation, chosenModel = () => undefined) {
    this.#client = client;
    this.#conversation = conversation;
    this.#chosenModel = chosenModel;
  }

  get running() {
    return this.#running !== null;
  }

  /** @param {string} message */
  async send(message) {
    if (!this.running) await this.#answer(() => this.#conversation.add(message));
  }

  /** @param {Turn} turn */
  async retry(turn) {
    if (this.running) return;
    await this.#answer(() => {
      this.#conversation.restart(turn);
      return turn;
    });
  }

  stop() {
    this.#running?.abort();
  }

  restart() {
    this.stop();
    this.#running = null;
    this.#conversation.clear();
  }

  /** @param {() => Turn} begin */
  async #answer(begin) {
    const running = new AbortController();
    this.#running = running;
    const turn = begin();
    const end = await this.#outcome(turn, running.signal);
    // A conversation that was begun anew in the meantime may be running again already.
    if (this.#running === running) this.#running = null;
    end();
  }

  /**
   * Returns what is left to do once the answer has ended.
   *
   * @param {Turn} turn
   * @param {AbortSignal} signal
   * @returns {Promise<() => void>}
   */
  async #outcome(turn, signal) {
    const question = {
      message: turn.question,
      messages: this.#conversation.historyBefore(turn),
      model: this.#chosenModel(),
    };
    const onText = (/** @type {string} */ text) => this.#conversation.append(turn, text);
    try {
      const ending = await this.#client.ask(question, { signal, onText });
      return () => this.#conversation.finish(turn, ending);
    } catch (error) {
      if (signal.aborted) return () => this.#conversation.stop(turn);
      const { problem } = error instanceof AnswerError ? error : AnswerError.unreadable();
      return () => this.#conversation.fail(turn, problem);
    }
  }
}
