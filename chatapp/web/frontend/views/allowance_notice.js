import { stageOf } from "../conversation/allowance.js";
import { timeOfDay } from "../language.js";
import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { part } from "./part.js";

/**
 * @typedef {import("../conversation/allowance.js").Allowance} Allowance
 * @typedef {import("../conversation/local_memory.js").LocalMemory} LocalMemory
 */

const CLOSED = "allowance";

/** Says calmly that most of a day's budget is used up; once closed, only when there is news. */
export class AllowanceNotice {
  #element;
  #memory;
  #stage = "";

  /**
   * @param {HTMLElement} element
   * @param {LocalMemory} memory where it is remembered what was closed
   */
  constructor(element, memory) {
    this.#element = element;
    this.#memory = memory;
    listen(part(element, "[data-action=close-allowance]"), "click", () => this.#close());
  }

  /** @param {Allowance | null} allowance null: there is enough */
  show(allowance) {
    this.#stage = allowance === null ? "" : stageOf(allowance);
    const isShown = allowance !== null && this.#memory.recall(CLOSED) !== this.#stage;
    this.#element.hidden = !isShown;
    part(this.#element, "[data-part=sentence]").textContent = isShown ? wordsFor(allowance) : "";
  }

  #close() {
    this.#memory.remember(CLOSED, this.#stage);
    this.#element.hidden = true;
  }
}

/** @param {Allowance} allowance */
function wordsFor({ usedPercent, returnsAt }) {
  const time = timeOfDay(returnsAt);
  return usedPercent === null ? texts.usedByAll(time) : texts.usedByYou(usedPercent, time);
}
