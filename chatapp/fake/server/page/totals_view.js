import { part } from "./part.js";
import { words } from "./words.js";

/** @typedef {import("./calls_feed.js").Totals} Totals */

const CALM_MS = 2000;

/** What all calls came to: as numbers to see, and now and then as a sentence to hear. */
export class TotalsView {
  #root;
  #status;
  #timer = 0;
  #sentence = "";

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} status a polite live region
   */
  constructor(root, status) {
    this.#root = root;
    this.#status = status;
  }

  /** @param {Totals} totals */
  show(totals) {
    for (const name of /** @type {const} */ (["calls", "running", "prompt_tokens", "completion_tokens"])) {
      this.#write(name, words.number(totals[name]));
    }
    this.#write("usd", words.usd(totals.usd));
    this.#write("without_price", totals.without_price === 0 ? "" : words.withoutPrice(totals.without_price));
    this.#say(words.count(totals.calls, totals.running));
  }

  // A screen reader reads each change aloud: calls that come in quick succession are told in one sentence.
  /** @param {string} sentence */
  #say(sentence) {
    this.#sentence = sentence;
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      if (this.#status.textContent !== this.#sentence) this.#status.textContent = this.#sentence;
    }, CALM_MS);
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  #write(name, text) {
    const element = part(this.#root, `[data-total=${name}]`);
    if (element.textContent !== text) element.textContent = text;
  }
}
