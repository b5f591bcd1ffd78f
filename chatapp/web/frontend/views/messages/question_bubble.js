import { copyOf, findPart, part } from "../part.js";
import { offerCopy } from "./copy_button.js";

/**
 * @typedef {import("../../conversation/chat_message.js").ChatMessage} ChatMessage
 * @typedef {import("./actions.js").MessageActions} MessageActions
 */

/** Shows what a person said; it can be said otherwise, where messages have versions. */
export class QuestionBubble {
  element = copyOf("question");
  #message;
  #versions;

  /**
   * @param {ChatMessage} message
   * @param {MessageActions} actions
   */
  constructor(message, actions) {
    this.#message = message;
    const { branching } = actions;
    this.#versions = branching && new branching.QuestionVersions(this.element, message, actions);
    const copy = findPart(this.element, "[data-action=copy]");
    if (copy) offerCopy(copy, () => message.text, actions);
    part(this.element, "[data-part=text]").textContent = message.text;
    this.show();
  }

  show() {
    const actions = findPart(this.element, "[data-part=actions]");
    if (actions) actions.hidden = this.#message.id === null;
    this.#versions?.show();
  }

  /**
   * Opens the message for a change, where that can be.
   *
   * @param {() => void} onEnd
   */
  edit(onEnd) {
    this.#versions?.edit(onEnd);
  }
}
