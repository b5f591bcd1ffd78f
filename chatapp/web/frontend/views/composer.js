import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { sendsOnEnter } from "./enter.js";
import { part } from "./part.js";

/**
 * @typedef {object} ComposerActions
 * @property {(message: string) => void} onSend
 * @property {() => void} onStop
 * @property {(draft: string) => void} onDraft told at each change of what is written and not sent yet
 */

/** The message box. Its button sends, or stops the answer that is being made. */
export class Composer {
  #form;
  #input;
  #button;
  #actions;
  #running = false;

  /**
   * @param {HTMLFormElement} form
   * @param {ComposerActions} actions
   */
  constructor(form, actions) {
    this.#form = form;
    this.#input = /** @type {HTMLTextAreaElement} */ (part(form, "[data-part=input]"));
    this.#button = part(form, "[data-part=submit]");
    this.#actions = actions;
    listen(form, "submit", (event) => this.#submit(event));
    listen(this.#button, "click", (/** @type {MouseEvent} */ event) => this.#click(event));
    listen(this.#input, "keydown", (/** @type {KeyboardEvent} */ event) => this.#sendOnEnter(event));
    listen(this.#input, "input", () => actions.onDraft(this.#input.value));
  }

  focus() {
    this.#input.focus();
  }

  /** @param {string} draft */
  write(draft) {
    this.#input.value = draft;
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
    this.#actions.onDraft("");
    this.#actions.onSend(message);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (!this.#running) return;
    event.preventDefault();
    // The second click of a double click is not meant for the Stop that has just appeared.
    if (event.detail !== 2) this.#actions.onStop();
  }

  /** @param {KeyboardEvent} event */
  #sendOnEnter(event) {
    if (!sendsOnEnter(event)) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }
}
