import { AnswerError } from "../answers/answer_error.js";

/** Sends requests to this page's server, and turns whatever goes wrong into an AnswerError. */
export class Requests {
  #fetch;
  #tellReached = (/** @type {boolean} */ _) => {};

  /** @param {typeof globalThis.fetch} [fetch] */
  constructor(fetch = (...request) => globalThis.fetch(...request)) {
    this.#fetch = fetch;
  }

  /** @param {(reached: boolean) => void} handler told after each request whether anybody answered */
  onReached(handler) {
    this.#tellReached = handler;
  }

  /**
   * @param {string} address
   * @param {AbortSignal} [signal]
   */
  async get(address, signal) {
    return this.#json(await this.open(address, { Accept: "application/json" }, signal));
  }

  /**
   * @param {"POST" | "PATCH" | "DELETE"} method
   * @param {string} address
   * @param {object} [body]
   * @param {AbortSignal} [signal]
   */
  async send(method, address, body = {}, signal) {
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    return this.#json(
      await this.#ask(address, { method, headers, body: JSON.stringify(body), signal }, signal),
    );
  }

  /**
   * Returns an answer that is good, with its body still to be read.
   *
   * @param {string} address
   * @param {Record<string, string>} headers
   * @param {AbortSignal} [signal]
   */
  async open(address, headers, signal) {
    // Without "no-store" a browser may have the second of two equal requests wait for the first, which streams.
    return this.#ask(address, { headers, cache: "no-store", signal }, signal);
  }

  /**
   * @param {string} address
   * @param {any} options
   * @param {AbortSignal | undefined} signal
   */
  async #ask(address, options, signal) {
    const response = await this.#fetch(address, options).catch(() => {
      signal?.throwIfAborted();
      this.#tellReached(false);
      throw AnswerError.unreachable();
    });
    this.#tellReached(true);
    if (!response.ok) throw await AnswerError.fromResponse(response);
    return response;
  }

  /** @param {Response} response */
  async #json(response) {
    if (response.status === 204) return null;
    return response.json().catch(() => {
      throw AnswerError.lost(response.headers.get("X-Request-Id"));
    });
  }
}
