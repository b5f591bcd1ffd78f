import { costDetailsOf, costOf } from "../../conversation/answer_facts.js";
import { listen } from "../../listen.js";
import { part } from "../part.js";

/** The quiet line under an answer: its tokens and its cost, which opens to what they are made of. */
export class CostDetails {
  #element;
  #isFake;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = /** @type {HTMLDetailsElement} */ (element);
    this.#isFake = element.dataset.fake === "true";
    listen(element, "toggle", () => {
      if (this.#element.open) element.scrollIntoView({ block: "nearest" });
    });
  }

  /** @param {import("../../conversation/chat_message.js").ChatMessage} message */
  show(message) {
    const line = costOf(message, this.#isFake);
    this.#element.hidden = line === "";
    part(this.#element, "[data-part=cost-line]").textContent = line;
    const rows = line === "" ? [] : costDetailsOf(message, this.#isFake);
    part(this.#element, "[data-part=cost-rows]").replaceChildren(...rows.flatMap(elementsOf));
  }
}

/** @param {{ name: string, value: string, isPart?: boolean }} row */
function elementsOf({ name, value, isPart = false }) {
  const [term, description] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = name;
  term.classList.toggle("cost__part", isPart);
  description.textContent = value;
  return [term, description];
}
