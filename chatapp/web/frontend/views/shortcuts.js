import { listen } from "../listen.js";
import { isComposing } from "./enter.js";

/** @typedef {import("../conversation/local_memory.js").LocalMemory} LocalMemory */

const OFF = "keys";
const FIELDS = "input, textarea, select, dialog, .menu, [contenteditable]";

/** What single keys do, where one is not writing. Escape is no such key: it also works in the message box. */
export class Shortcuts {
  #memory;
  #actions;
  #onEscape;

  /**
   * @param {LocalMemory} memory where it is remembered that somebody wants none
   * @param {Readonly<Record<string, () => void>>} actions by key
   * @param {() => boolean} onEscape returns whether there was something to do
   */
  constructor(memory, actions, onEscape) {
    this.#memory = memory;
    this.#actions = actions;
    this.#onEscape = onEscape;
    listen(document, "keydown", (/** @type {KeyboardEvent} */ event) => this.#obey(event));
  }

  get areOn() {
    return this.#memory.recall(OFF) === "";
  }

  /** @param {boolean} on people who speak to their computer may hit keys that they do not mean */
  set areOn(on) {
    this.#memory.remember(OFF, on ? "" : "off");
  }

  /** @param {KeyboardEvent} event */
  #obey(event) {
    // What is open, a menu or a dialog, is closed first.
    if (event.defaultPrevented || isComposing(event)) return;
    if (event.key === "Escape") {
      if (!isWithin(event, "dialog") && this.#onEscape()) event.preventDefault();
      return;
    }
    const action =
      this.areOn && !event.repeat && !isWithin(event, FIELDS) ? this.#actions[keyOf(event)] : null;
    if (!action) return;
    event.preventDefault();
    action();
  }
}

/**
 * @param {Event} event
 * @param {string} selector
 */
function isWithin({ target }, selector) {
  return target instanceof Element && target.closest(selector) !== null;
}

/**
 * The letter on the key, also where the keyboard writes no Latin ones; "" with keys of the browser held down.
 *
 * @param {KeyboardEvent} event
 */
function keyOf({ key, code, altKey, ctrlKey, metaKey, shiftKey }) {
  if (altKey || ctrlKey || metaKey) return "";
  if (key === "?") return key;
  if (shiftKey) return "";
  return key > "\x7f" && code.startsWith("Key") ? code.slice(3).toLowerCase() : key.toLowerCase();
}
