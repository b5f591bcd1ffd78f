import { listen } from "../../listen.js";
import { copyOf, findPart, part } from "../part.js";
import { offerCopy } from "./copy_button.js";
import { EditForm } from "./edit_form.js";
import { Siblings } from "./siblings.js";

/**
 * @typedef {import("../../conversation/chat_message.js").ChatMessage} ChatMessage
 * @typedef {import("./actions.js").MessageActions} MessageActions
 */

/** Shows what a person said; it can be said otherwise, where the page has a button for that. */
export class QuestionBubble {
  element = copyOf("question");
  #message;
  #actions;
  #siblings;
  #editButton;

  /**
   * @param {ChatMessage} message
   * @param {MessageActions} actions
   */
  constructor(message, actions) {
    this.#message = message;
    this.#actions = actions;
    const siblings = findPart(this.element, "[data-part=siblings]");
    this.#siblings = siblings && new Siblings(siblings, (id) => actions.onSwitch(id));
    const edit = findPart(this.element, "[data-action=edit]");
    this.#editButton = edit;
    if (edit) listen(edit, "click", () => this.edit(() => edit.focus()));
    const copy = findPart(this.element, "[data-action=copy]");
    if (copy) offerCopy(copy, () => message.text, actions.onSay);
    part(this.element, "[data-part=text]").textContent = message.text;
    this.show();
  }

  show() {
    const { id, siblings } = this.#message;
    const actions = findPart(this.element, "[data-part=actions]");
    if (actions) actions.hidden = id === null;
    this.#siblings?.show(siblings, id);
  }

  /**
   * Opens the message for a change, where the page has a button for that, and the server knows the message.
   *
   * @param {() => void} onEnd
   */
  edit(onEnd) {
    if (this.#editButton === null || this.#message.id === null || this.element.dataset.editing === "true")
      return;
    const form = new EditForm(this.#message.text, {
      onSave: (text) => this.#actions.onEdit(this.#message, text),
      onEnd: () => {
        this.element.dataset.editing = "false";
        onEnd();
      },
    });
    this.element.dataset.editing = "true";
    this.element.append(form.element);
    form.focus();
  }
}
