import { costOf, detailsOf, noteOf } from "../conversation/answer_facts.js";
import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { copyOf, part } from "./part.js";
import { TextWriter } from "./text_writer.js";

/** @typedef {import("../conversation/turn.js").Turn} Turn */

/** Shows one answer: the dots while it is awaited, its text as it comes, and how it ended. */
export class AnswerBubble {
  element = copyOf("answer");
  #writer;

  /** @param {{ onRetry: () => void, onGrown: () => void }} actions */
  constructor({ onRetry, onGrown }) {
    this.#writer = new TextWriter(this.#part("text"), onGrown);
    listen(part(this.element, "[data-action=retry]"), "click", onRetry);
  }

  /** @param {string} text */
  append(text) {
    if (this.element.dataset.state === "waiting") this.element.dataset.state = "streaming";
    this.#writer.write(text);
  }

  /** @param {Turn} turn */
  show(turn) {
    if (turn.text === "") this.#writer.clear();
    else this.#writer.flush();
    this.element.dataset.state = turn.state;
    this.#part("note").textContent = noteOf(turn);
    this.#part("cost").textContent = costOf(turn);
    this.#showProblem(turn);
  }

  /** @param {Turn} turn */
  #showProblem(turn) {
    const wait = turn.problem?.retryAfterSeconds;
    this.#part("problem").hidden = turn.problem === null;
    this.#part("reason").textContent = turn.problem?.reason ?? "";
    this.#part("advice").textContent = wait ? texts.retryAfter(wait) : "";
    this.#part("details").textContent = detailsOf(turn);
  }

  /** @param {string} name */
  #part(name) {
    return part(this.element, `[data-part=${name}]`);
  }
}
