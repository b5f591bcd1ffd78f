import { listen } from "../listen.js";
import { EndFollower } from "./end_follower.js";
import { AnswerBubble } from "./messages/answer_bubble.js";
import { NoteBubble } from "./messages/note_bubble.js";
import { QuestionBubble } from "./messages/question_bubble.js";
import { part } from "./part.js";

/**
 * @typedef {import("../conversation/branch.js").Branch} Branch
 * @typedef {import("../conversation/chat_message.js").ChatMessage} ChatMessage
 * @typedef {import("./messages/actions.js").MessageActions} MessageActions
 * @typedef {AnswerBubble | QuestionBubble | NoteBubble} Bubble
 */

const NEAR_TOP_PX = 400;

/** Shows the messages of a branch as bubbles, and keeps up with it. */
export class Transcript {
  #element;
  #list;
  #branch;
  #follower;
  #actions;
  #onOlder;
  /** @type {Map<ChatMessage, Bubble>} */
  #bubbles = new Map();

  /**
   * @param {HTMLElement} element
   * @param {Branch} branch
   * @param {Omit<MessageActions, "onGrown"> & { onOlder: () => void }} actions
   */
  constructor(element, branch, { onOlder, onSwitch, ...actions }) {
    this.#element = element;
    this.#list = part(element, "[data-part=messages]");
    this.#branch = branch;
    this.#follower = new EndFollower(element);
    this.#onOlder = onOlder;
    this.#actions = {
      ...actions,
      onGrown: () => this.#follower.follow(),
      onSwitch: (/** @type {string} */ id) => this.#switch(id, onSwitch),
    };
    branch.on("opened", () => this.#open());
    branch.on("cleared", () => this.#clear());
    branch.on("prepended", ({ messages }) => this.#prepend(messages));
    branch.on("added", ({ message }) => this.#add(message));
    branch.on("cut", () => this.#cut());
    branch.on("grown", ({ message, text }) => this.#grow(message, text));
    branch.on("changed", ({ message }) => this.#show(message));
    branch.on("identified", ({ message }) => this.#show(message));
    listen(element, "scroll", () => this.#wantOlder(), { passive: true });
  }

  focus() {
    this.#element.focus({ preventScroll: true });
  }

  /** Whether a message is being changed: it must not be replaced meanwhile. */
  get isEdited() {
    return this.#list.querySelector("[data-editing=true]") !== null;
  }

  #open() {
    this.#clear();
    for (const message of this.#branch.messages) this.#list.append(this.#bubbleFor(message).element);
    this.#follower.jump();
    this.#wantOlder();
  }

  /** @param {ChatMessage} message */
  #add(message) {
    this.#list.append(this.#bubbleFor(message).element);
    this.#follower.jump();
  }

  /** @param {ChatMessage[]} messages */
  #prepend(messages) {
    const first = this.#list.firstElementChild;
    const before = first?.getBoundingClientRect().top ?? 0;
    this.#list.prepend(...messages.map((message) => this.#bubbleFor(message).element));
    this.#element.scrollTop += (first?.getBoundingClientRect().top ?? 0) - before;
    this.#wantOlder();
  }

  #cut() {
    const kept = new Set(this.#branch.messages);
    for (const [message, bubble] of this.#bubbles) {
      if (kept.has(message)) continue;
      bubble.element.remove();
      this.#bubbles.delete(message);
    }
  }

  #clear() {
    this.#bubbles.clear();
    this.#list.replaceChildren();
  }

  /**
   * @param {ChatMessage} message
   * @param {string} text
   */
  #grow(message, text) {
    const bubble = this.#bubbles.get(message);
    if (bubble instanceof AnswerBubble) bubble.append(text);
  }

  /** @param {ChatMessage} message */
  #show(message) {
    this.#bubbles.get(message)?.show();
    this.#follower.follow();
  }

  /**
   * Shows a sibling's branch, with the message where it was, and the focus where a reader goes on switching.
   *
   * @param {string} id
   * @param {(id: string) => Promise<void>} onSwitch
   */
  async #switch(id, onSwitch) {
    const button = document.activeElement;
    const action = button instanceof HTMLElement ? button.dataset.action : undefined;
    const top = button?.getBoundingClientRect().top;
    await onSwitch(id);
    const message = this.#branch.messages.find((shown) => shown.id === id);
    const element = message && this.#bubbles.get(message)?.element;
    const again = /** @type {HTMLElement | null | undefined} */ (
      element?.querySelector(`[data-action=${action}]`)
    );
    if (!again || top === undefined) return;
    again.focus({ preventScroll: true });
    this.#element.scrollTop += again.getBoundingClientRect().top - top;
  }

  #wantOlder() {
    if (this.#branch.before !== null && this.#element.scrollTop < NEAR_TOP_PX) this.#onOlder();
  }

  /** @param {ChatMessage} message */
  #bubbleFor(message) {
    const bubble = this.#made(message);
    this.#bubbles.set(message, bubble);
    return bubble;
  }

  /**
   * @param {ChatMessage} message
   * @returns {Bubble}
   */
  #made(message) {
    if (message.role === "assistant") return new AnswerBubble(message, this.#actions);
    return message.role === "user" ? new QuestionBubble(message, this.#actions) : new NoteBubble(message);
  }
}
