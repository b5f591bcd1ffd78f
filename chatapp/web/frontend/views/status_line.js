import { texts } from "../texts.js";

/**
 * @typedef {import("../conversation/conversation.js").Conversation} Conversation
 * @typedef {import("../conversation/turn.js").Turn} Turn
 */

/** Tells screen readers, once each, that an answer began and how it ended. */
export class StatusLine {
  #element;

  /**
   * @param {HTMLElement} element a polite live region
   * @param {Conversation} conversation
   */
  constructor(element, conversation) {
    this.#element = element;
    conversation.on("added", ({ turn }) => this.#say(wordsFor(turn)));
    conversation.on("changed", ({ turn }) => this.#say(wordsFor(turn)));
    conversation.on("cleared", () => this.#say(texts.cleared));
  }

  /** @param {string} words */
  #say(words) {
    this.#element.textContent = words;
  }
}

/** @param {Turn} turn */
function wordsFor(turn) {
  if (turn.state === "done") return texts.done;
  if (turn.state === "stopped") return texts.stopped;
  return turn.problem === null ? texts.answering : texts.failed(turn.problem.reason);
}
