import { listen } from "../../listen.js";
import { isComposing, sendsOnEnter } from "../enter.js";
import { growWithText } from "../growing.js";
import { copyOf, part } from "../part.js";

/** The box in which a message is changed before it is asked anew. */
export class EditForm {
  element = copyOf("edit");
  #input = /** @type {HTMLTextAreaElement} */ (part(this.element, "textarea"));
  #actions;
  #grow;

  /**
   * @param {string} text
   * @param {{ onSave: (text: string) => void, onEnd: () => void }} actions
   */
  constructor(text, actions) {
    this.#actions = actions;
    this.#input.value = text;
    this.#grow = growWithText(this.#input);
    listen(this.element, "submit", (event) => this.#save(event));
    listen(part(this.element, "[data-action=cancel]"), "click", () => this.#end());
    listen(this.#input, "keydown", (/** @type {KeyboardEvent} */ event) => this.#obey(event));
  }

  focus() {
    this.#grow();
    this.#input.focus();
  }

  /** @param {Event} event */
  #save(event) {
    event.preventDefault();
    const text = this.#input.value.trim();
    if (text === "") return;
    this.#end();
    this.#actions.onSave(text);
  }

  #end() {
    this.element.remove();
    this.#actions.onEnd();
  }

  /** @param {KeyboardEvent} event */
  #obey(event) {
    if (sendsOnEnter(event)) {
      event.preventDefault();
      /** @type {HTMLFormElement} */ (this.element).requestSubmit();
    } else if (event.key === "Escape" && !isComposing(event)) {
      event.stopPropagation();
      this.#end();
    }
  }
}
