import { charactersIn } from "../answers/place.js";
import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { isComposing, sendsOnEnter } from "./enter.js";
import { growWithText } from "./growing.js";
import { part } from "./part.js";

/**
 * @typedef {object} ComposerActions
 * @property {(message: string) => void} onSend
 * @property {() => void} onStop
 * @property {(draft: string) => void} onDraft told at each change of what is written and not sent yet
 * @property {() => void} onEditLast
 * @property {typeof import("./text_files.js").takeFiles} takeFiles
 * @property {(words: string) => void} onSay tells screen readers
 * @property {(sentence: string) => void} onRefused why a file was not taken
 */

/** The message box. Its button sends, or stops the answer that is being made. */
export class Composer {
  #form;
  #input;
  #button;
  #limit;
  #mostCharacters;
  #actions;
  #grow;
  #running = false;
  #stopping = false;
  /** What is sent once the answer that is being stopped has ended. */
  #next = "";

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} dropPlace where files can be let go
   * @param {ComposerActions} actions
   */
  constructor(form, dropPlace, actions) {
    this.#form = form;
    this.#input = /** @type {HTMLTextAreaElement} */ (part(form, "[data-part=input]"));
    this.#button = /** @type {HTMLButtonElement} */ (part(form, "[data-part=submit]"));
    this.#limit = part(form, "[data-part=limit]");
    this.#mostCharacters = Number(form.dataset.mostCharacters);
    this.#actions = actions;
    this.#grow = growWithText(this.#input);
    listen(this.#button, "click", (/** @type {MouseEvent} */ event) => this.#click(event));
    listen(this.#input, "keydown", (/** @type {KeyboardEvent} */ event) => this.#obey(event));
    listen(this.#input, "input", () => this.#changed());
    listen(this.#input, "paste", (/** @type {ClipboardEvent} */ event) => this.#checkPasted(event));
    actions.takeFiles(form, dropPlace, {
      mostCharacters: this.#mostCharacters,
      onText: (text) => this.#add(text),
      onRefused: actions.onRefused,
    });
    // Before this, a click on it would have been lost.
    this.#button.disabled = false;
  }

  get text() {
    return this.#input.value;
  }

  focus() {
    this.#input.focus();
  }

  /** @param {string} draft */
  write(draft) {
    // Setting what is there already would move the caret, and end a composition.
    if (this.#input.value !== draft) this.#input.value = draft;
    this.#grow();
    this.#showLimit();
  }

  /**
   * @param {boolean} running whether the button stops instead of sending
   * @param {boolean} [stopping] whether the answer that is being made is about to end
   */
  showRunning(running, stopping = false) {
    this.#running = running;
    this.#stopping = stopping;
    this.#form.dataset.running = String(running);
    this.#button.setAttribute("aria-label", running ? texts.stop : texts.send);
    if (running && !stopping) this.forgetNext();
    // Not before all have heard of the end.
    if (!running) queueMicrotask(() => this.#sendNext());
  }

  /** Elsewhere it was not meant. */
  forgetNext() {
    this.#next = "";
  }

  /** What was changed meanwhile waits for another Enter. */
  #sendNext() {
    const next = this.#next;
    this.forgetNext();
    if (next === this.#input.value.trim()) this.#send();
  }

  /** @param {string} text behind what is written already */
  #add(text) {
    const { value } = this.#input;
    this.write(value.trim() === "" ? text : `${value.trimEnd()}\n\n${text}`);
    this.#changed();
    this.focus();
    this.#input.setSelectionRange(this.#input.value.length, this.#input.value.length);
    this.#input.scrollTop = this.#input.scrollHeight;
  }

  #changed() {
    this.#showLimit();
    this.#actions.onDraft(this.#input.value);
  }

  /**
   * Takes no text that is too long by itself: a box with a megabyte in it takes seconds for each key.
   *
   * @param {ClipboardEvent} event
   */
  #checkPasted(event) {
    const characters = charactersIn(event.clipboardData?.getData("text/plain") ?? "");
    if (characters <= this.#mostCharacters) return;
    event.preventDefault();
    this.#actions.onRefused(texts.longPaste(characters, this.#mostCharacters));
  }

  /** Says before sending that the server would not take so long a text. */
  #showLimit() {
    const excess = this.#excess();
    const wasShown = !this.#limit.hidden;
    this.#limit.hidden = excess === 0;
    this.#limit.textContent = excess === 0 ? "" : texts.tooLong(excess, this.#mostCharacters);
    this.#input.setAttribute("aria-invalid", String(excess > 0));
    if (excess > 0 && !wasShown) this.#actions.onSay(this.#limit.textContent);
  }

  /** Returns how many characters the text has, if these are too many; else 0. */
  #excess() {
    const text = this.#input.value;
    // Most texts are so short that nobody has to count.
    if (text.length <= this.#mostCharacters) return 0;
    const characters = charactersIn(text.trim());
    return characters > this.#mostCharacters ? characters : 0;
  }

  /** Not by submitting the form, which a frame may forbid. */
  #send() {
    const message = this.#input.value.trim();
    if (this.#stopping) this.#next = message;
    if (this.#running || message === "") return;
    if (this.#excess() > 0) return this.#actions.onSay(this.#limit.textContent);
    this.write("");
    this.#actions.onSend(message);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    event.preventDefault();
    if (!this.#running) return this.#send();
    // The second click of a double click is not meant for the Stop that has just appeared.
    if (event.detail !== 2) this.#actions.onStop();
  }

  /** @param {KeyboardEvent} event */
  #obey(event) {
    if (sendsOnEnter(event)) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "ArrowUp" && this.#input.value === "" && !hasModifier(event)) {
      event.preventDefault();
      this.#actions.onEditLast();
    }
  }
}

/** @param {KeyboardEvent} event */
function hasModifier(event) {
  return event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || isComposing(event);
}
