import { AnswerBubble } from "./answer_bubble.js";
import { EndFollower } from "./end_follower.js";
import { copyOf, part } from "./part.js";

/**
 * @typedef {import("../conversation/conversation.js").Conversation} Conversation
 * @typedef {import("../conversation/turn.js").Turn} Turn
 */

/** Shows a conversation as bubbles, and keeps up with it. */
export class Transcript {
  #element;
  #list;
  #follower;
  #onRetry;
  /** @type {Map<Turn, AnswerBubble>} */
  #answers = new Map();

  /**
   * @param {HTMLElement} element
   * @param {Conversation} conversation
   * @param {(turn: Turn) => void} onRetry
   */
  constructor(element, conversation, onRetry) {
    this.#element = element;
    this.#list = part(element, "[data-part=messages]");
    this.#follower = new EndFollower(element);
    this.#onRetry = onRetry;
    for (const turn of conversation.turns) this.#addRecalled(turn);
    conversation.on("added", ({ turn }) => this.#add(turn));
    conversation.on("grown", ({ turn, text }) => this.#answers.get(turn)?.append(text));
    conversation.on("changed", ({ turn }) => this.#show(turn));
    conversation.on("cleared", () => this.#clear());
  }

  focus() {
    this.#element.focus({ preventScroll: true });
  }

  /** @param {Turn} turn */
  #add(turn) {
    const question = copyOf("question");
    part(question, "[data-part=text]").textContent = turn.question;
    const answer = new AnswerBubble({
      onRetry: () => this.#onRetry(turn),
      onGrown: () => this.#follower.follow(),
    });
    this.#answers.set(turn, answer);
    this.#list.append(question, answer.element);
    this.#follower.jump();
  }

  /** @param {Turn} turn */
  #addRecalled(turn) {
    this.#add(turn);
    this.#answers.get(turn)?.append(turn.text);
    this.#show(turn);
  }

  /** @param {Turn} turn */
  #show(turn) {
    this.#answers.get(turn)?.show(turn);
    this.#follower.follow();
  }

  #clear() {
    this.#answers.clear();
    this.#list.replaceChildren();
  }
}
