import { copyOf, make, part } from "./part.js";
import { words } from "./words.js";

/**
 * @typedef {{ role: string, text: string }} Message
 * @typedef {{
 *   id: string, messages_before: number, messages: Message[], text: string, answered_by: string,
 *   finish: string | null, rule: number | null, fault: Record<string, unknown> | null,
 * }} Detail
 */

/** What is asked for only when somebody opens it: all messages of a call, its whole answer, its rule and its fault. */
export class CallDetails {
  #element;
  #address;
  #asked = 0;

  /**
   * @param {HTMLDetailsElement} element
   * @param {string} address
   */
  constructor(element, address) {
    this.#element = element;
    this.#address = address;
    element.addEventListener("toggle", () => this.refresh());
  }

  /** Asks again, if it is open. */
  async refresh() {
    if (!this.#element.open) return;
    const asked = ++this.#asked;
    const detail = await this.#load();
    if (asked !== this.#asked) return; // an older answer that came late
    part(this.#element, "[data-part=details-body]").replaceChildren(
      detail === null ? make("p", words.gone) : filled(detail),
    );
  }

  /** @returns {Promise<Detail | null>} */
  async #load() {
    try {
      const response = await fetch(this.#address);
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  }
}

/** @param {Detail} detail */
function filled(detail) {
  const element = copyOf("details");
  const facts = part(element, "[data-part=facts]");
  for (const [name, value] of factsOf(detail)) facts.append(make("dt", name), make("dd", value));
  const before = part(element, "[data-part=before]");
  before.hidden = detail.messages_before === 0;
  before.textContent = words.before(detail.messages_before);
  for (const message of detail.messages) {
    const item = document.createElement("li");
    item.append(make("span", message.role, "said__role"), said(message.text));
    part(element, "[data-part=messages]").append(item);
  }
  part(element, "[data-part=whole]").textContent = detail.text || words.waiting;
  return element;
}

/** @param {string} text */
function said(text) {
  const element = make("p", text, "said__text");
  element.dir = "auto";
  return element;
}

/**
 * @param {Detail} detail
 * @returns {[string, string][]}
 */
function factsOf(detail) {
  /** @type {[string, string][]} */
  const facts = [
    ["Request", detail.id],
    ["Rule", detail.rule === null ? words.byItself : String(detail.rule)],
    ["Answered by", detail.answered_by],
  ];
  if (detail.finish !== null) facts.push(["Finish reason", detail.finish]);
  for (const [name, value] of Object.entries(detail.fault ?? {})) {
    const label = name === "kind" ? "Fault" : name.replaceAll("_", " ");
    if (value !== null) facts.push([label, typeof value === "string" ? value : JSON.stringify(value)]);
  }
  return facts;
}
