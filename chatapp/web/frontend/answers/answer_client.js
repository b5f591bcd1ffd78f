import { AnswerError } from "./answer_error.js";
import { readEvents } from "./event_reader.js";
import { SilenceTimer } from "./silence_timer.js";

/**
 * @typedef {{ role: "user" | "assistant", content: string }} Message
 * @typedef {{ message: string, messages: Message[], model?: string | undefined }} Question
 * @typedef {{ usd: string | null, source: string }} Cost
 *
 * How an answer ended.
 * @typedef {object} Ending
 * @property {string} [model]
 * @property {string | null} [finish_reason]
 * @property {{ total_tokens?: number } | null} [usage]
 * @property {Cost | null} [cost]
 */

/** Asks the server for answers and hands on their text as it comes. */
export class AnswerClient {
  #address;
  #silenceMs;
  #fetch;

  /**
   * @param {string} address
   * @param {object} [options]
   * @param {number} [options.silenceMs] the server says something at least every 15 seconds
   * @param {typeof globalThis.fetch} [options.fetch]
   */
  constructor(address, { silenceMs = 20_000, fetch = (...request) => globalThis.fetch(...request) } = {}) {
    this.#address = address;
    this.#silenceMs = silenceMs;
    this.#fetch = fetch;
  }

  /**
   * Returns how the answer ended. Rejects with an AnswerError, or with the reason of `signal` once that is aborted.
   *
   * @param {Question} question
   * @param {{ signal: AbortSignal, onText: (text: string) => void }} options
   * @returns {Promise<Ending>}
   */
  async ask(question, { signal, onText }) {
    const silence = new SilenceTimer(this.#silenceMs);
    try {
      const response = await this.#post(question, AbortSignal.any([signal, silence.signal]));
      return await this.#read(response, onText, () => silence.heard());
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      silence.end();
    }
  }

  /**
   * @param {Question} question
   * @param {AbortSignal} signal
   */
  async #post(question, signal) {
    const response = await this.#fetch(this.#address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify(question),
      signal,
    }).catch(() => {
      throw AnswerError.unreachable();
    });
    if (!response.ok) throw await AnswerError.fromResponse(response);
    return response;
  }

  /**
   * @param {Response} response
   * @param {(text: string) => void} onText
   * @param {() => void} onBytes
   * @returns {Promise<Ending>}
   */
  async #read(response, onText, onBytes) {
    const requestId = response.headers.get("X-Request-Id");
    try {
      for await (const data of readEvents(/** @type {ReadableStream} */ (response.body), onBytes)) {
        const event = parse(data, requestId);
        if (event.error !== undefined) throw AnswerError.fromBody(event, { requestId });
        if (event.done) return event;
        if (typeof event.content === "string") onText(event.content);
      }
    } catch (error) {
      throw error instanceof AnswerError ? error : AnswerError.lost(requestId);
    }
    throw AnswerError.lost(requestId);
  }
}

/**
 * @param {string} data
 * @param {string | null} requestId
 * @returns {any}
 */
function parse(data, requestId) {
  try {
    return JSON.parse(data) ?? {};
  } catch {
    throw AnswerError.unreadable(requestId);
  }
}
