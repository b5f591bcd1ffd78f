import { TOKEN } from "./widget_memory.js";

/**
 * @typedef {import("./widget_memory.js").WidgetMemory} WidgetMemory
 *
 * @typedef {object} VisitorEvents
 * @property {(isAgain: boolean) => Promise<string>} onPassword asks for the server's password; "" for none
 * @property {() => void} onLost told when the server does not know the visitor any more
 */

const UNAUTHORIZED = 401;

/**
 * The widget's visitor: known to the server by a token, which is good from this site alone, and by no cookie.
 * They become one with the first request that changes something.
 */
export class Visitor {
  #server;
  #memory;
  #events;

  /**
   * @param {URL} server an address there
   * @param {WidgetMemory} memory
   * @param {VisitorEvents} events
   */
  constructor(server, memory, events) {
    this.#server = server;
    this.#memory = memory;
    this.#events = events;
  }

  /**
   * Sends a request as this visitor, like `fetch`.
   *
   * @param {any} address
   * @param {RequestInit} [options]
   */
  async fetch(address, options = {}) {
    if (this.#token === "" && (options.method ?? "GET") !== "GET") {
      const refusal = await this.#become();
      if (refusal !== null) return refusal;
    }
    const headers = { ...options.headers, ...(this.#token ? bearer(this.#token) : {}) };
    const response = await fetch(new URL(address, this.#server), {
      ...options,
      headers,
      credentials: "omit",
    });
    if (response.status === UNAUTHORIZED) this.#events.onLost();
    return response;
  }

  get #token() {
    return this.#memory.recall(TOKEN);
  }

  /** Returns null once the server knows this visitor, or its refusal. */
  async #become() {
    let response = await this.#welcome({});
    // On a page of the server itself somebody may have logged in: that counts here, and is all a cookie is used for.
    const isAtHome = this.#server.origin === location.origin;
    if (response.status === UNAUTHORIZED && isAtHome) response = await this.#welcome({}, "same-origin");
    for (let isAgain = false; response.status === UNAUTHORIZED; isAgain = true) {
      const password = await this.#events.onPassword(isAgain);
      if (password === "") return response;
      response = await this.#welcome(bearer(inBytes(password)));
    }
    if (!response.ok) return response;
    this.#memory.remember(TOKEN, (await response.json()).token);
    return null;
  }

  /**
   * @param {Record<string, string>} headers
   * @param {RequestCredentials} [credentials]
   */
  #welcome(headers, credentials = "omit") {
    return fetch(new URL("/api/visitors", this.#server), {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: "{}",
      credentials,
    });
  }
}

/** @param {string} token */
function bearer(token) {
  return { Authorization: `Bearer ${token}` };
}

/**
 * A header takes characters up to 255 only: those that stand for the bytes of UTF-8.
 *
 * @param {string} text
 */
function inBytes(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
