import { texts } from "../texts.js";

/**
 * @typedef {import("../conversation/branch.js").Branch} Branch
 * @typedef {import("../conversation/chat_message.js").ChatMessage} ChatMessage
 */

/** Tells screen readers, once each, that an answer began, how its line stands, and how it ended. */
export class StatusLine {
  #element;
  #wasConnected = true;

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
    const isBack = message.pending && message.connected && !this.#wasConnected;
    this.#wasConnected = message.connected;
    this.say(isBack ? texts.reconnected : wordsFor(message));
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
