import { listen } from "../listen.js";
import { EndFollower } from "./end_follower.js";
import { MessageList } from "./message_list.js";
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
/** How much of the view may go to the end of a long question, while its answer begins. */
const SHARE_OF_QUESTION = 1 / 3;

/** Shows the messages of a branch as bubbles, and keeps up with it. */
export class Transcript {
  #element;
  #list;
  #branch;
  #follower;
  #more;
  #actions;
  #onOlder;
  /** @type {Map<ChatMessage, Bubble>} */
  #bubbles = new Map();

  /**
   * @param {HTMLElement} element
   * @param {HTMLElement} more the button that leads to what came below
   * @param {Branch} branch
   * @param {Omit<MessageActions, "onGrown"> & { onOlder: () => void }} actions
   */
  constructor(element, more, branch, { onOlder, onSwitch, ...actions }) {
    this.#element = element;
    this.#list = new MessageList(part(element, "[data-part=messages]"));
    this.#branch = branch;
    this.#more = more;
    this.#follower = new EndFollower(element, (isMore) => this.#showMore(isMore));
    this.#onOlder = onOlder;
    this.#actions = {
      ...actions,
      onGrown: () => this.#follower.follow(),
      onSwitch: async (/** @type {string} */ id) =>
        actions.branching?.keepPlace(
          element,
          () => onSwitch(id),
          () => this.#elementOf(id),
        ),
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
    listen(more, "click", () => this.#follower.jump());
  }

  focus() {
    this.#element.focus({ preventScroll: true });
  }

  /**
   * Opens the last question for a change, where it can be changed.
   *
   * @param {() => void} onEnd
   */
  editLast(onEnd) {
    const question = this.#branch.messages.reverse().find(({ role }) => role === "user");
    const bubble = question && this.#bubbles.get(question);
    if (bubble instanceof QuestionBubble) bubble.edit(onEnd);
  }

  /** Whether a message is being changed: it must not be replaced meanwhile. */
  get isEdited() {
    return this.#list.isEdited;
  }

  #open() {
    const focusAgain = this.#rememberFocus();
    this.#clear();
    // All at once: to measure after each would lay out the page as many times.
    this.#list.append(this.#branch.messages.map((message) => this.#bubbleFor(message).element));
    this.#follower.jump();
    focusAgain();
    this.#wantOlder();
  }

  /** Returns what gives the focus to the same button of the same message, once all are made anew. */
  #rememberFocus() {
    const [message, bubble] = [...this.#bubbles].find(([, { element }]) => hasFocus(element)) ?? [];
    const place = bubble ? stopsIn(bubble.element).findIndex(hasFocus) : -1;
    return () => {
      const same = message && this.#branch.messages.find(({ id }) => id !== null && id === message.id);
      const again = same && this.#bubbles.get(same)?.element;
      if (again) stopsIn(again)[place]?.focus({ preventScroll: true });
    };
  }

  /** @param {ChatMessage} message */
  #add(message) {
    const { element } = this.#bubbleFor(message);
    this.#list.append([element]);
    this.#follower.jump(() => this.#farthestFor(element));
  }

  /**
   * How far the list may be scrolled for an answer that begins: the question, or its end, stays in sight.
   *
   * @param {HTMLElement} answer
   */
  #farthestFor(answer) {
    const { scrollTop, clientHeight } = this.#element;
    const top = this.#element.getBoundingClientRect().top;
    const placeOf = (/** @type {Element} */ element) => element.getBoundingClientRect().top - top + scrollTop;
    const question = placeOf(this.#list.before(answer) ?? answer) - this.#list.gap;
    return Math.max(question, placeOf(answer) - clientHeight * SHARE_OF_QUESTION);
  }

  /** @param {boolean} isMore */
  #showMore(isMore) {
    if (this.#more.hidden === !isMore) return;
    // A button that goes away must not take the focus along.
    if (!isMore && this.#more.matches(":focus")) this.focus();
    this.#more.hidden = !isMore;
  }

  /** @param {ChatMessage[]} messages */
  #prepend(messages) {
    const { first } = this.#list;
    const before = first?.getBoundingClientRect().top ?? 0;
    this.#list.prepend(messages.map((message) => this.#bubbleFor(message).element));
    this.#element.scrollTop += (first?.getBoundingClientRect().top ?? 0) - before;
    this.#wantOlder();
  }

  #cut() {
    const kept = new Set(this.#branch.messages);
    for (const [message, bubble] of this.#bubbles) {
      if (kept.has(message)) continue;
      this.#list.remove(bubble.element);
      this.#bubbles.delete(message);
    }
  }

  #clear() {
    this.#showMore(false);
    // A button that goes away must not take the focus along.
    if (this.#list.hasFocus) this.focus();
    this.#bubbles.clear();
    this.#list.clear();
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
    const bubble = this.#bubbles.get(message);
    if (!bubble) return;
    bubble.show();
    this.#follower.follow();
  }

  /** @param {string} id */
  #elementOf(id) {
    const message = this.#branch.messages.find((shown) => shown.id === id);
    return message && this.#bubbles.get(message)?.element;
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

/** @param {Element} element */
function hasFocus(element) {
  return element.matches(":focus-within");
}

/** @param {Element} element */
function stopsIn(element) {
  return /** @type {HTMLElement[]} */ ([...element.querySelectorAll("a, button, summary")]);
}
