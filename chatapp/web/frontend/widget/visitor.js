import { TOKEN } from "./widget_memory.js";

/**
 * @typedef {import("./widget_memory.js").WidgetMemory} WidgetMemory
 *
 * @typedef {(isAgain: boolean) => Promise<string>} AskPassword asks for the server's password; "" for none
 */

const UNAUTHORIZED = 401;

/**
 * The widget's visitor: known to the server by a token, which is good from this site alone, and by no cookie.
 * They become one with the first request that changes something.
 */
export class Visitor {
  #server;
  #memory;
  #askPassword;

  /**
   * @param {URL} server an address there
   * @param {WidgetMemory} memory
   * @param {AskPassword} askPassword
   */
  constructor(server, memory, askPassword) {
    this.#server = server;
    this.#memory = memory;
    this.#askPassword = askPassword;
  }

  /**
   * Sends a request as this visitor, like `fetch`. Where the server does not know them any more, they are nobody.
   *
   * @param {any} address
   * @param {RequestInit} [options]
   */
  async fetch(address, options = {}) {
    const { signal } = options;
    if (this.#token === "" && (options.method ?? "GET") !== "GET") {
      const refusal = await this.#become(signal);
      if (refusal !== null) return refusal;
    }
    const token = this.#token;
    const headers = { ...options.headers, ...(token ? bearer(token) : {}) };
    const response = await this.#fetch(address, { ...options, headers });
    // Meanwhile they may have become another one.
    if (response.status === UNAUTHORIZED && token === this.#token) this.#memory.remember(TOKEN, "");
    return response;
  }

  get #token() {
    return this.#memory.recall(TOKEN);
  }

  /**
   * @param {string} address
   * @param {RequestInit} options
   */
  #fetch(address, options) {
    // A site that watches its requests may know addresses as strings only.
    return fetch(new URL(address, this.#server).href, { credentials: "omit", ...options });
  }

  /**
   * Returns null once the server knows this visitor, or its refusal.
   *
   * @param {AbortSignal | null | undefined} signal
   */
  async #become(signal) {
    let response = await this.#welcome({});
    // On a page of the server itself somebody may have logged in: that counts here, and is all a cookie is used for.
    const isAtHome = this.#server.origin === location.origin;
    if (response.status === UNAUTHORIZED && isAtHome) response = await this.#welcome({}, "same-origin");
    for (let isAgain = false; response.status === UNAUTHORIZED; isAgain = true) {
      const password = await this.#askPassword(isAgain);
      if (password === "") return response;
      response = await this.#welcome(bearer(inBytes(password)));
    }
    if (!response.ok) return response;
    const { token } = await response.json();
    signal?.throwIfAborted();
    this.#memory.remember(TOKEN, token);
    return null;
  }

  /**
   * @param {Record<string, string>} headers
   * @param {RequestCredentials} [credentials]
   */
  #welcome(headers, credentials = "omit") {
    return this.#fetch("/api/visitors", {
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
