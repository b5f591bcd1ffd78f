import { listen } from "../../listen.js";
import { Menu, menuOf } from "../menu.js";
import { focused, part } from "../part.js";
import { EditForm } from "./edit_form.js";
import { Siblings } from "./siblings.js";

/**
 * @typedef {import("../../conversation/chat_message.js").ChatMessage} ChatMessage
 * @typedef {import("./actions.js").MessageActions} MessageActions
 */

/** An answer can be given again, also by another model, and its versions can be looked at. */
class AnswerVersions {
  #message;
  #siblings;

  /**
   * @param {HTMLElement} element
   * @param {ChatMessage} message
   * @param {MessageActions} actions
   */
  constructor(element, message, actions) {
    this.#message = message;
    this.#siblings = siblingsIn(element, actions);
    listen(part(element, "[data-action=again]"), "click", () => actions.onAgain(message));
    const items = () =>
      actions.models().map((model) => ({ name: model, onChoose: () => actions.onAgain(message, model) }));
    new Menu(part(element, "[data-action=models]"), () => menuOf(items(), "models"), { alignsStart: true });
  }

  show() {
    this.#siblings.show(this.#message.siblings, this.#message.id);
  }
}

/** A question can be said otherwise, and its versions can be looked at. */
class QuestionVersions {
  #element;
  #message;
  #actions;
  #siblings;

  /**
   * @param {HTMLElement} element
   * @param {ChatMessage} message
   * @param {MessageActions} actions
   */
  constructor(element, message, actions) {
    this.#element = element;
    this.#message = message;
    this.#actions = actions;
    this.#siblings = siblingsIn(element, actions);
    const button = part(element, "[data-action=edit]");
    listen(button, "click", () => this.edit(() => button.focus()));
  }

  show() {
    this.#siblings.show(this.#message.siblings, this.#message.id);
  }

  /**
   * Opens the message for a change, where the server knows it.
   *
   * @param {() => void} onEnd
   */
  edit(onEnd) {
    const { dataset } = this.#element;
    if (this.#message.id === null || dataset.editing === "true") return;
    const form = new EditForm(this.#message.text, {
      onSave: (text) => this.#actions.onEdit(this.#message, text),
      onEnd: () => {
        dataset.editing = "false";
        onEnd();
      },
    });
    dataset.editing = "true";
    this.#element.append(form.element);
    form.focus();
  }
}

/**
 * @param {HTMLElement} element
 * @param {MessageActions} actions
 */
function siblingsIn(element, actions) {
  return new Siblings(part(element, "[data-part=siblings]"), (id) => actions.onSwitch(id));
}

/**
 * Shows another version's branch, with that message where the other was, and the focus where a reader goes on switching.
 *
 * @param {HTMLElement} list that scrolls
 * @param {() => Promise<void>} show
 * @param {() => HTMLElement | undefined} elementOf returns what is shown of it then
 */
async function keepPlace(list, show, elementOf) {
  const button = focused();
  const action = button instanceof HTMLElement ? button.dataset.action : undefined;
  const top = button?.getBoundingClientRect().top;
  await show();
  const again = /** @type {HTMLElement | null | undefined} */ (
    elementOf()?.querySelector(`[data-action=${action}]`)
  );
  if (!again || top === undefined) return;
  again.focus({ preventScroll: true });
  list.scrollTop += again.getBoundingClientRect().top - top;
}

/** Where messages have versions. */
export const BRANCHING = { AnswerVersions, QuestionVersions, keepPlace };
