import { texts } from "../texts.js";

/**
 * @typedef {import("../conversation/branch.js").Branch} Branch
 * @typedef {import("../conversation/chat_message.js").ChatMessage} ChatMessage
 */

const MOST_CHARACTERS = 1000;

/** Tells screen readers, once each, that an answer began, how its line stands, and how it ended, with its text. */
export class StatusLine {
  #element;
  /** @type {ChatMessage | null} the answer whose line is broken */
  #lost = null;

  /**
   * @param {HTMLElement} element a polite live region
   * @param {Branch} branch
   */
  constructor(element, branch) {
    this.#element = element;
    branch.on("added", ({ message }) => this.#tell(message));
    branch.on("changed", ({ message }) => this.#tell(message));
    branch.on("cleared", () => this.say(texts.cleared));
  }

  /** @param {string} words */
  say(words) {
    this.#element.textContent = words;
  }

  /** @param {ChatMessage} message */
  #tell(message) {
    if (message.role !== "assistant") return;
    const isBack = message.pending && message.connected && this.#lost === message;
    this.#lost = message.connected ? null : message;
    const words = isBack ? texts.reconnected : wordsFor(message);
    this.say(message.look === "done" && !message.pending ? `${words} ${this.#answer()}`.trim() : words);
  }

  /** What the last answer reads, as it is shown in the chat around this line. */
  #answer() {
    const shown = this.#element.parentElement?.querySelector(
      "[data-part=messages] > :last-child > [data-role=assistant]:last-child [data-part=text]",
    );
    const copy = /** @type {Element | undefined} */ (shown?.cloneNode(true));
    for (const part of copy?.querySelectorAll("button, annotation, [aria-hidden=true]") ?? []) part.remove();
    for (const part of copy?.querySelectorAll("p, li, pre, th, td, div, h1, h2, h3, h4, h5, h6") ?? [])
      part.append(" ");
    const text = (copy?.textContent ?? "").replace(/\s+/g, " ").trim();
    if (text.length <= MOST_CHARACTERS) return text;
    return `${text.slice(0, MOST_CHARACTERS).replace(/\s\S*$|[\ud800-\udbff]$/, "")}… ${texts.restBelow}`;
  }
}

/** @param {ChatMessage} message */
function wordsFor(message) {
  if (!message.pending) {
    if (message.look === "done") return texts.done;
    if (message.look === "stopped") return texts.stopped;
    return texts.failed(message.problem?.reason ?? "");
  }
  if (!message.connected) return texts.reconnecting;
  return message.stopping ? texts.stopping : texts.answering;
}
