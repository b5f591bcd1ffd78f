import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { part } from "./part.js";

/** The message box. Its button sends, or stops the answer that is being made. */
export class Composer {
  #form;
  #input;
  #button;
  #onSend;
  #onStop;
  #running = false;

  /**
   * @param {HTMLFormElement} form
   * @param {{ onSend: (message: string) => void, onStop: () => void }} actions
   */
  constructor(form, { onSend, onStop }) {
    this.#form = form;
    this.#input = /** @type {HTMLTextAreaElement} */ (part(form, "[data-part=input]"));
    this.#button = part(form, "[data-part=submit]");
    this.#onSend = onSend;
    this.#onStop = onStop;
    listen(form, "submit", (event) => this.#submit(event));
    listen(this.#button, "click", (/** @type {MouseEvent} */ event) => this.#click(event));
    listen(this.#input, "keydown", (/** @type {KeyboardEvent} */ event) => this.#sendOnEnter(event));
  }

  focus() {
    this.#input.focus();
  }

  /** @param {boolean} running whether the button stops instead of sending */
  showRunning(running) {
    this.#running = running;
    this.#form.dataset.running = String(running);
    this.#button.setAttribute("aria-label", running ? texts.stop : texts.send);
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const message = this.#input.value.trim();
    if (this.#running || message === "") return;
    this.#input.value = "";
    this.#onSend(message);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (!this.#running) return;
    event.preventDefault();
    // The second click of a double click is not meant for the Stop that has just appeared.
    if (event.detail !== 2) this.#onStop();
  }

  /** @param {KeyboardEvent} event */
  #sendOnEnter(event) {
    // 229 is what Safari says for the Enter that ends a composition.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }
}
