import { AnswerError } from "../answers/answer_error.js";
import { saysOffline } from "../answers/offline.js";
import { Pauses } from "../answers/pauses.js";
import { listen } from "../listen.js";

const NEVER = new AbortController().signal;

/**
 * - `there`: nothing speaks against it
 * - `offline`: the browser itself says that it has no network
 * - `unreachable`: it has one, and the server cannot be reached
 * @typedef {"there" | "offline" | "unreachable"} ConnectionState
 */

/** Whether the server can be reached; while a request has shown that it cannot, it keeps trying. */
export class Connection extends EventTarget {
  #api;
  #pauses = new Pauses();
  #isUnreachable = false;
  #isTrying = false;
  /** @type {ConnectionState} */
  #told = this.state;

  /** @param {Pick<import("./chat_api.js").ChatApi, "onReached" | "ping">} api */
  constructor(api) {
    super();
    this.#api = api;
    api.onReached((reached) => this.#notice(reached));
    for (const type of ["online", "offline"]) listen(window, type, () => this.#tell());
  }

  /** @returns {ConnectionState} */
  get state() {
    if (saysOffline()) return "offline";
    return this.#isUnreachable ? "unreachable" : "there";
  }

  /**
   * Calls `handler` at each change; returns what ends it.
   *
   * @param {(state: ConnectionState) => void} handler
   */
  onChange(handler) {
    return listen(this, "change", () => handler(this.state));
  }

  /** @param {boolean} reached */
  #notice(reached) {
    if (reached) {
      this.#isUnreachable = false;
      this.#tell();
    } else if (!this.#isTrying) this.#try();
  }

  /** One request may fail by chance, as when the page is left: a second one shows what is the matter. */
  async #try() {
    this.#isTrying = true;
    for (let tries = 1; ; tries += 1) {
      await this.#pauses.wait(tries, NEVER);
      if (await this.#isThere()) break;
      this.#isUnreachable = true;
      this.#tell();
    }
    this.#isTrying = false;
  }

  async #isThere() {
    try {
      await this.#api.ping();
      return true;
    } catch (error) {
      // Whatever it said, it was there to say it.
      return !(error instanceof AnswerError && error.isUnreachable);
    }
  }

  #tell() {
    if (this.state === this.#told) return;
    this.#told = this.state;
    this.dispatchEvent(new Event("change"));
  }
}
