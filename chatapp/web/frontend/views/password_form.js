import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { part } from "./part.js";

/** Asks in the widget for the server's password, as soon as that is needed. */
export class PasswordForm {
  #form;
  #input;
  #problem;
  /** @type {(password: string) => void} */
  #answer = () => {};

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
    this.#input = /** @type {HTMLInputElement} */ (part(form, "input"));
    this.#problem = part(form, "[data-part=password-problem]");
    listen(form, "submit", (event) => {
      event.preventDefault();
      this.#end(this.#input.value);
    });
  }

  /**
   * Returns what is said; "" if nothing is.
   *
   * @param {boolean} isAgain whether the last one was wrong
   * @returns {Promise<string>}
   */
  ask(isAgain) {
    this.#form.hidden = false;
    this.#problem.textContent = isAgain ? texts.wrongPassword : "";
    this.#input.setAttribute("aria-invalid", String(isAgain));
    this.#input.focus();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  cancel() {
    this.#end("");
  }

  /** @param {string} password */
  #end(password) {
    this.#form.hidden = true;
    this.#input.value = "";
    this.#answer(password);
  }
}
