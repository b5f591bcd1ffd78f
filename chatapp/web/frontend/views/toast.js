import { AnswerError } from "../answers/answer_error.js";
import { detailsOf } from "../conversation/answer_facts.js";
import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { part } from "./part.js";

/** @typedef {import("../answers/answer_error.js").Problem} Problem */

/** A line that says what went wrong with something that was just done; screen readers hear it at once. */
export class Toast {
  #element;
  #onLeft;
  #retry;
  #details;
  /** Told whether what failed is to be done again. */
  #answer = (/** @type {boolean} */ _) => {};

  /**
   * @param {HTMLElement} element
   * @param {() => void} onLeft takes the focus when the line goes away with it
   */
  constructor(element, onLeft) {
    this.#element = element;
    this.#onLeft = onLeft;
    this.#retry = part(element, "[data-action=retry]");
    this.#details = /** @type {HTMLDetailsElement} */ (part(element, "[data-part=problem-details]"));
    listen(part(element, "[data-action=dismiss]"), "click", () => this.hide());
    listen(this.#retry, "click", () => this.#close(true));
  }

  /** @param {string} sentence */
  show(sentence) {
    this.hide();
    this.#element.hidden = false;
    part(this.#element, "[data-part=sentence]").textContent = sentence;
    this.#retry.hidden = true;
    this.#details.hidden = true;
  }

  hide() {
    this.#close(false);
  }

  /**
   * Does something, and tells if it fails, until somebody does not want it done again; returns whether it was done.
   *
   * @param {() => Promise<unknown>} action
   */
  async guard(action) {
    this.hide();
    for (;;) {
      try {
        await action();
        return true;
      } catch (error) {
        // What was left for something else has not failed.
        if (error instanceof DOMException && error.name === "AbortError") return false;
        if (!(await this.#offersAgain(error instanceof AnswerError ? error : AnswerError.unreadable())))
          return false;
      }
    }
  }

  /** @param {AnswerError} error */
  #offersAgain({ problem, passes }) {
    const wait = problem.retryAfterSeconds;
    this.show([problem.reason, wait ? texts.retryAfter(wait) : ""].filter(Boolean).join(" "));
    const words = detailsOf({ problem });
    this.#details.hidden = false;
    this.#details.open = false;
    part(this.#details, "[data-part=details]").textContent = words;
    this.#retry.hidden = !passes && wait === null;
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  /** @param {boolean} again */
  #close(again) {
    const hadFocus = this.#element.matches(":focus-within");
    this.#element.hidden = true;
    part(this.#element, "[data-part=sentence]").textContent = "";
    if (hadFocus) this.#onLeft();
    this.#answer(again);
  }
}
