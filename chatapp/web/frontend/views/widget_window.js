import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { part } from "./part.js";

const PHONE = "(max-width: 40rem)";

/**
 * @typedef {object} WindowEvents
 * @property {() => void} onNear told when somebody is about to open it
 * @property {() => Promise<void>} onOpen has the chat begin in it, once
 */

/** The widget's floating button, and the window that it opens. */
export class WidgetWindow {
  #launcher;
  #dialog;
  #title;
  #usualTitle;
  #connection;
  #onOpen;
  #hasFailed = false;

  /**
   * @param {HTMLElement} root
   * @param {WindowEvents} events
   */
  constructor(root, { onNear, onOpen }) {
    this.#launcher = part(root, "[data-part=launcher]");
    this.#dialog = /** @type {HTMLDialogElement} */ (part(root, "[data-part=widget]"));
    this.#title = part(root, "[data-part=title]");
    this.#usualTitle = this.#title.textContent ?? "";
    this.#connection = part(root, "[data-part=connection]");
    this.#onOpen = onOpen;
    for (const type of ["pointerenter", "focus"]) listen(this.#launcher, type, onNear);
    listen(this.#launcher, "click", () => (this.#dialog.open ? this.close() : this.open()));
    listen(part(this.#dialog, "[data-action=close]"), "click", () => this.close());
    listen(this.#dialog, "keydown", (/** @type {KeyboardEvent} */ event) => this.#closeOnEscape(event));
    listen(this.#dialog, "close", () => this.#showOpen(false));
  }

  /** @param {string} title "" for the usual one */
  name(title) {
    this.#title.textContent = title || this.#usualTitle;
  }

  open() {
    // On a phone it covers the page, so the page behind it must be out of reach too.
    if (matchMedia(PHONE).matches) this.#dialog.showModal();
    else this.#dialog.show();
    part(this.#dialog, "[data-part=input]").focus();
    this.#showOpen(true);
    this.#begin();
  }

  close() {
    this.#dialog.close();
    this.#launcher.focus();
  }

  /** One may write already: what is in the box stays there. */
  async #begin() {
    if (this.#hasFailed) this.#connection.hidden = true;
    this.#hasFailed = false;
    try {
      await this.#onOpen();
    } catch {
      // There is no chat yet that could say so.
      this.#hasFailed = true;
      this.#connection.textContent = texts.unreachable;
      this.#connection.hidden = false;
    }
  }

  /** @param {KeyboardEvent} event */
  #closeOnEscape(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    this.close();
  }

  /** @param {boolean} open */
  #showOpen(open) {
    this.#launcher.setAttribute("aria-expanded", String(open));
    this.#launcher.setAttribute("aria-label", open ? texts.closeWidget : texts.openWidget);
  }
}
