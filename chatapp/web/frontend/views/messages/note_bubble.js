import { copyOf, part } from "../part.js";

/** @typedef {import("../../conversation/chat_message.js").ChatMessage} ChatMessage */

/** Shows instructions that stand among the messages of a conversation that was imported. */
export class NoteBubble {
  element = copyOf("note");

  /** @param {ChatMessage} message */
  constructor(message) {
    part(this.element, "[data-part=text]").textContent = message.text;
  }

  show() {}
}
