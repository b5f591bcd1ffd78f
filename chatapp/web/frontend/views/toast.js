import { AnswerError } from "../answers/answer_error.js";
import { listen } from "../listen.js";
import { part } from "./part.js";

/** A line that says what went wrong with something that was just done; screen readers hear it at once. */
export class Toast {
  #element;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
    listen(part(element, "[data-action=dismiss]"), "click", () => this.hide());
  }

  /** @param {string} sentence */
  show(sentence) {
    this.#element.hidden = false;
    part(this.#element, "[data-part=sentence]").textContent = sentence;
  }

  hide() {
    this.#element.hidden = true;
    part(this.#element, "[data-part=sentence]").textContent = "";
  }

  /**
   * Does something, and tells if it fails; returns whether it did not.
   *
   * @param {() => Promise<unknown>} action
   */
  async guard(action) {
    this.hide();
    try {
      await action();
      return true;
    } catch (error) {
      // What was left for something else has not failed.
      if (error instanceof DOMException && error.name === "AbortError") return false;
      this.show((error instanceof AnswerError ? error : AnswerError.unreadable()).problem.reason);
      return false;
    }
  }
}
