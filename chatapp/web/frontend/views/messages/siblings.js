import { listen } from "../../listen.js";
import { texts } from "../../texts.js";
import { part } from "../part.js";

/** The buttons ‹ 2 / 3 › that lead from a message to those beside it. */
export class Siblings {
  #element;
  #onSwitch;
  /** @type {string[]} */
  #ids = [];
  #place = 0;

  /**
   * @param {HTMLElement} element
   * @param {(siblingId: string) => void} onSwitch
   */
  constructor(element, onSwitch) {
    this.#element = element;
    this.#onSwitch = onSwitch;
    listen(part(element, "[data-action=previous]"), "click", () => this.#go(-1));
    listen(part(element, "[data-action=next]"), "click", () => this.#go(1));
  }

  /**
   * @param {string[]} ids
   * @param {string | null} id
   */
  show(ids, id) {
    this.#ids = ids;
    this.#place = ids.indexOf(id ?? "");
    const count = ids.length;
    this.#element.hidden = count < 2 || this.#place < 0;
    part(this.#element, "[data-part=position]").textContent = this.#element.hidden
      ? ""
      : texts.version(this.#place + 1, count);
    this.#allow("previous", this.#place > 0);
    this.#allow("next", this.#place < count - 1);
  }

  /**
   * @param {"previous" | "next"} action
   * @param {boolean} allowed
   */
  #allow(action, allowed) {
    // A button that is really disabled would lose the focus when its end is reached.
    part(this.#element, `[data-action=${action}]`).setAttribute("aria-disabled", String(!allowed));
  }

  /** @param {number} step */
  #go(step) {
    const sibling = this.#ids[this.#place + step];
    if (sibling !== undefined) this.#onSwitch(sibling);
  }
}
