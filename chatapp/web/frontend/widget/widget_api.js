import { AnswerError } from "../answers/answer_error.js";
import { ChatApi } from "../api/chat_api.js";

const ASKING = "asking";

/** @typedef {import("../api/chat_api.js").Question} Question */

/** The server's routes, with a memory for the one question that may be on its way when the page is left. */
export class WidgetApi extends ChatApi {
  #memory;

  /**
   * @param {import("../api/requests.js").Requests} requests
   * @param {import("./widget_memory.js").WidgetMemory} memory
   */
  constructor(requests, memory) {
    super(requests);
    this.#memory = memory;
  }

  /**
   * @param {string} conversationId
   * @param {Question} question
   * @param {AbortSignal} [signal]
   */
  async ask(conversationId, question, signal) {
    this.#memory.remember(ASKING, JSON.stringify([conversationId, question]));
    let mayHaveArrived = false;
    try {
      return await super.ask(conversationId, question, signal);
    } catch (error) {
      mayHaveArrived = error instanceof AnswerError && error.passes;
      throw error;
    } finally {
      if (!mayHaveArrived) this.#memory.remember(ASKING, "");
    }
  }

  /** Asks what the page before may not have brought to the server; under the same name it is asked once. */
  async askAgain() {
    const asked = this.#memory.recall(ASKING);
    if (asked === "") return;
    const [conversationId, question] = JSON.parse(asked);
    await this.ask(conversationId, question);
  }
}
