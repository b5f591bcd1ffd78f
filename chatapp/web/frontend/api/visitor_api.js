import { ChatApi, queryOf } from "./chat_api.js";
import { Requests } from "./requests.js";

/** @typedef {import("./chat_api.js").Entry} Entry */

/** What the server offers besides to a visitor who has many conversations, and many devices. */
export class VisitorApi extends ChatApi {
  #requests;

  /** @param {Requests} [requests] */
  constructor(requests = new Requests()) {
    super(requests);
    this.#requests = requests;
  }

  /**
   * @param {{ query?: string, cursor?: string | null, limit?: number, signal?: AbortSignal }} [wanted]
   * @returns {Promise<{ conversations: Entry[], next: string | null }>}
   */
  list({ query = "", cursor = null, limit, signal } = {}) {
    return this.#requests.get(`/api/conversations${queryOf({ q: query, cursor, limit })}`, signal);
  }

  /** @param {string} id */
  remove(id) {
    return this.#requests.send("DELETE", `/api/conversations/${id}`);
  }

  /** @returns {Promise<{ secret: string, expires_in_seconds: number }>} */
  handOver() {
    return this.#requests.send("POST", "/api/me/handoffs");
  }

  /** @param {string} secret */
  takeOver(secret) {
    return this.#requests.send("POST", "/api/handoffs", { secret });
  }
}
