import { listen } from "../listen.js";
import { texts } from "../widget/first_texts.js";
import { isComposing, sendsOnEnter } from "./enter.js";
import { part } from "./part.js";

/** A phone, upright or not. The style sheet asks the same. */
const PHONE = "(max-width: 40rem), (max-height: 30rem)";

/**
 * @typedef {object} WindowEvents
 * @property {() => void} onNear told when somebody is about to open it
 * @property {() => Promise<void>} onOpen has the chat begin in it, once
 */

/** The widget's floating button, and the window that it opens. */
export class WidgetWindow {
  #launcher;
  #dialog;
  #form;
  #input;
  #title;
  #usualTitle;
  #connection;
  #onOpen;
  #hasFailed = false;
  /** Whether somebody has pressed Enter before there was a chat. */
  #isSent = false;

  /**
   * @param {HTMLElement} root
   * @param {WindowEvents} events
   */
  constructor(root, { onNear, onOpen }) {
    this.#launcher = part(root, "[data-part=launcher]");
    this.#dialog = /** @type {HTMLDialogElement} */ (part(root, "[data-part=widget]"));
    this.#form = part(this.#dialog, "[data-part=composer]");
    this.#input = part(this.#form, "[data-part=input]");
    this.#title = part(root, "[data-part=title]");
    this.#usualTitle = this.#title.textContent ?? "";
    this.#connection = part(root, "[data-part=connection]");
    this.#onOpen = onOpen;
    for (const type of ["pointerenter", "focus"]) listen(this.#launcher, type, onNear);
    listen(this.#launcher, "click", () => (this.#dialog.open ? this.close() : this.open()));
    listen(part(this.#dialog, "[data-action=close]"), "click", () => this.close());
    listen(root, "keydown", (/** @type {KeyboardEvent} */ event) => this.#closeOnEscape(event));
    listen(matchMedia(PHONE), "change", () => this.#adapt());
    // The event comes later, when it may be open again.
    listen(this.#dialog, "close", () => this.#showOpen(this.#dialog.open));
  }

  /** @param {string} title "" for the usual one */
  name(title) {
    this.#title.textContent = title || this.#usualTitle;
  }

  open() {
    this.#show();
    this.#input.focus();
    this.#showOpen(true);
    this.#begin();
  }

  close() {
    this.#dialog.close();
    this.#launcher.focus();
  }

  #show() {
    // On a phone it covers the page, so the page behind it must be out of reach too.
    if (matchMedia(PHONE).matches) this.#dialog.showModal();
    else this.#dialog.show();
  }

  /** The phone was turned, or the window has another size now. */
  #adapt() {
    if (!this.#dialog.open) return;
    const focused = /** @type {ShadowRoot} */ (this.#dialog.getRootNode()).activeElement;
    this.#dialog.close();
    this.#show();
    if (focused instanceof HTMLElement) focused.focus();
  }

  /** One may write already, and send: what is in the box stays there until the chat has begun. */
  async #begin() {
    if (this.#hasFailed) this.#connection.hidden = true;
    this.#hasFailed = false;
    const end = listen(this.#input, "keydown", (/** @type {KeyboardEvent} */ event) => {
      if (!sendsOnEnter(event)) return;
      event.preventDefault();
      this.#isSent = true;
    });
    try {
      await this.#onOpen();
      end();
      if (this.#isSent) part(this.#form, "[data-part=submit]").click();
      this.#isSent = false;
    } catch {
      end();
      this.#isSent = false;
      // There is no chat yet that could say so.
      this.#hasFailed = true;
      this.#connection.textContent = texts.unreachable;
      this.#connection.hidden = false;
    }
  }

  /** @param {KeyboardEvent} event */
  #closeOnEscape(event) {
    if (event.key !== "Escape" || isComposing(event) || !this.#dialog.open) return;
    event.preventDefault();
    this.close();
  }

  /** @param {boolean} open */
  #showOpen(open) {
    this.#launcher.setAttribute("aria-expanded", String(open));
    this.#launcher.setAttribute("aria-label", open ? texts.closeWidget : texts.openWidget);
  }
}
