/**
 * @typedef {{ prompt_tokens: number, completion_tokens: number, usd: string | null }} Bill
 * @typedef {{
 *   number: number, time: string, model: string, turn: number, message: string, rule: number | null,
 *   fault: string | null, status: number | null, state: string, characters: number, text: string, bill: Bill,
 *   cancelled_after_characters: number | null,
 * }} Call
 * @typedef {{
 *   calls: number, running: number, without_price: number, prompt_tokens: number, completion_tokens: number,
 *   usd: string,
 * }} Totals
 * @typedef {{ totals: Totals, calls: Call[] }} News
 */

const RETRY_MS = 1000;

/**
 * Listens to the server while the page is in sight. A hidden tab hangs up: a browser has only six connections for one
 * server, and the first thing that it hears when it comes back is everything.
 */
export class CallsFeed {
  #address;
  #heard;
  /** @type {EventSource | null} */
  #source = null;
  #retry = 0;

  /**
   * @param {string} address
   * @param {{ onEverything: (news: News) => void, onChanges: (news: News) => void, onLost: () => void }} heard
   */
  constructor(address, heard) {
    this.#address = address;
    this.#heard = heard;
    document.addEventListener("visibilitychange", () => this.#follow());
    window.addEventListener("pagehide", () => this.#hangUp());
    window.addEventListener("pageshow", () => this.#follow());
    this.#follow();
  }

  #follow() {
    if (document.hidden) this.#hangUp();
    else if (this.#source === null) this.#call();
  }

  #call() {
    const source = new EventSource(this.#address);
    source.addEventListener("everything", (event) => this.#heard.onEverything(JSON.parse(event.data)));
    source.addEventListener("changes", (event) => this.#heard.onChanges(JSON.parse(event.data)));
    source.addEventListener("error", () => this.#tryAgain());
    this.#source = source;
  }

  // The browser would try again too, but some give up for good when the server was away for long.
  #tryAgain() {
    this.#hangUp();
    this.#heard.onLost();
    this.#retry = setTimeout(() => this.#follow(), RETRY_MS);
  }

  #hangUp() {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }
}
