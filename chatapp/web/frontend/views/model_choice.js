import { Tariff } from "../conversation/tariff.js";
import { listen } from "../listen.js";

/** The list of models to choose from. */
export class ModelChoice {
  #select;
  #usual;

  /**
   * @param {HTMLElement} select
   * @param {(model: string) => void} onChoose
   */
  constructor(select, onChoose) {
    this.#select = /** @type {HTMLSelectElement} */ (select);
    this.#usual = this.#select.value;
    listen(select, "change", () => onChoose(this.#select.value));
  }

  get value() {
    return this.#select.value;
  }

  /** What the chosen one costs. */
  get tariff() {
    return new Tariff(this.#select.selectedOptions[0]?.dataset ?? {});
  }

  /** Those that can be asked. */
  get offered() {
    return [...this.#select.options].filter((option) => !option.disabled).map((option) => option.value);
  }

  /** @param {string | null} model what a conversation was asked with; the usual one stands in where that is gone */
  show(model) {
    this.#select.value = model !== null && this.offered.includes(model) ? model : this.#usual;
  }
}
