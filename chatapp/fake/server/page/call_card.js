import { CallDetails } from "./call_details.js";
import { copyOf, part } from "./part.js";
import { words } from "./words.js";

/** @typedef {import("./calls_feed.js").Call} Call */

/** Shows one call, and changes only what has changed: a marked word stays marked while the answer grows. */
export class CallCard {
  element = copyOf("call");
  #text = document.createTextNode("");
  #details;
  #time;

  /** @param {Call} call */
  constructor(call) {
    this.#time = call.time;
    this.#details = new CallDetails(
      /** @type {HTMLDetailsElement} */ (this.#part("details")),
      `/calls/${call.number}`,
    );
    this.#write("number", String(call.number));
    this.#write("model", call.model);
    this.#write("turn", words.turn(call.turn));
    this.#write("time", words.time(call.time));
    this.#part("time").setAttribute("datetime", call.time);
    this.#write("message", call.message || words.noUserMessage);
    this.#write("of", words.of(call.number));
    this.#write("fault", call.fault === null ? "" : words.fault(call.fault, call.status));
    this.show(call);
  }

  /**
   * Tells whether this is the same call, and not one with its number after the server began anew.
   *
   * @param {Call} call
   */
  isOf(call) {
    return call.time === this.#time;
  }

  /** @param {Call} call */
  show(call) {
    const left = call.cancelled_after_characters;
    const isNew = this.element.dataset.state !== call.state;
    this.#grow(call.text);
    this.#write("silence", call.text === "" ? silence(call.state) : "");
    this.#write("characters", left === null && call.characters > 0 ? words.characters(call.characters) : "");
    this.#write("left", left === null ? "" : words.left(left));
    this.#write("tokens", words.tokens(call.bill.prompt_tokens, call.bill.completion_tokens));
    this.#write("usd", call.bill.usd === null ? words.noPrice : words.usd(call.bill.usd));
    if (isNew) this.#showState(call.state);
  }

  /** @param {string} state */
  #showState(state) {
    this.element.dataset.state = state;
    this.#write("state-word", words.state(state));
    part(this.element, "[data-part=icon]").setAttribute("href", `#icon-${state}`);
    this.#details.refresh();
  }

  /** @param {string} text */
  #grow(text) {
    const shown = this.#text.data;
    if (text === shown) return;
    if (shown !== "" && text.startsWith(shown)) this.#text.appendData(text.slice(shown.length));
    else this.#text.data = text;
    if (!this.#text.isConnected) this.#part("text").append(this.#text);
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  #write(name, text) {
    const element = this.#part(name);
    if (element.textContent !== text) element.textContent = text;
  }

  /** @param {string} name */
  #part(name) {
    return part(this.element, `[data-part=${name}]`);
  }
}

/** @param {string} state */
function silence(state) {
  return state === "running" ? words.waiting : words.silent;
}
