import { detailsOf, noteOf } from "../../conversation/answer_facts.js";
import { listen } from "../../listen.js";
import { texts } from "../../texts.js";
import { copyOf, part } from "../part.js";
import { offerCodeTools } from "./code_tools.js";
import { offerCopy } from "./copy_button.js";
import { CostDetails } from "./cost_details.js";

/**
 * @typedef {import("../../conversation/chat_message.js").ChatMessage} ChatMessage
 * @typedef {import("./actions.js").MessageActions} MessageActions
 */

/** Shows one answer: the dots while it is awaited, its text as it comes, how it ended, and what can be done then. */
export class AnswerBubble {
  element = copyOf("answer");
  #message;
  #writer;
  #cost;
  #versions;

  /**
   * @param {ChatMessage} message
   * @param {MessageActions} actions
   */
  constructor(message, actions) {
    this.#message = message;
    const text = this.#part("text");
    this.#writer = actions.writerFor(text, actions.onGrown);
    offerCodeTools(text, actions);
    this.#cost = new CostDetails(this.#part("cost"));
    const { branching } = actions;
    this.#versions = branching && new branching.AnswerVersions(this.element, message, actions);
    listen(part(this.element, "[data-action=retry]"), "click", () => actions.onRetry(message));
    listen(this.#part("continue"), "click", () => actions.onContinue(message));
    offerCopy(part(this.element, "[data-action=copy]"), () => message.text, actions);
    this.append(message.text);
    this.show();
  }

  /** @param {string} text */
  append(text) {
    if (this.element.dataset.state === "waiting") this.element.dataset.state = "streaming";
    this.#writer.write(text);
  }

  show() {
    const message = this.#message;
    if (message.pending) this.#writer.flush();
    else this.#writer.end();
    this.element.dataset.state = message.look;
    this.#part("note").textContent = noteOf(message);
    this.#cost.show(message);
    this.#part("continue").hidden = message.state !== "truncated";
    this.#showProblem();
    this.#showActions();
  }

  #showActions() {
    const { id, pending, text } = this.#message;
    this.#part("actions").hidden = pending || id === null;
    part(this.element, "[data-action=copy]").hidden = text === "";
    this.#versions?.show();
  }

  #showProblem() {
    const { problem } = this.#message;
    const wait = problem?.retryAfterSeconds;
    this.#part("problem").hidden = problem === null;
    this.#part("reason").textContent = problem?.reason ?? "";
    this.#part("advice").textContent = wait ? texts.retryAfter(wait) : "";
    this.#part("details").textContent = detailsOf(this.#message);
  }

  /** @param {string} name */
  #part(name) {
    return part(this.element, `[data-part=${name}]`);
  }
}
