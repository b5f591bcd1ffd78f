import { listen } from "../listen.js";
import { ChatMessage } from "./chat_message.js";

/**
 * @typedef {import("../api/chat_api.js").Conversation} Conversation
 * @typedef {import("../api/chat_api.js").ConversationWithMessages} ConversationWithMessages
 * @typedef {import("../answers/reply_follower.js").LastEvent} LastEvent
 * @typedef {import("../answers/answer_error.js").Problem} Problem
 *
 * - `opened`: other messages are shown; `cleared`: none; `prepended`: older ones came before the first
 * - `added`: a message came; `cut`: those behind `message` went, all of them where there is none
 * - `grown`: `text` was added to an answer; `changed`: how it stands is different; `identified`: it has an id now
 * - `described`: title, model or instructions are known or different
 * @typedef {"opened" | "cleared" | "prepended" | "added" | "cut" | "grown" | "changed" | "identified" | "described"}
 *   Change
 * @typedef {{ message: ChatMessage, messages: ChatMessage[], text: string }} Detail
 */

/** The messages of one conversation that are shown, oldest first; it tells those who listen what changes. */
export class Branch extends EventTarget {
  /** @type {Conversation | null} */
  #conversation = null;
  /** @type {ChatMessage[]} */
  #messages = [];
  /** @type {string | null} */
  #before = null;
  #instructions = "";

  /** What is known of the conversation; null as long as nothing is kept. */
  get conversation() {
    return this.#conversation;
  }

  get instructions() {
    return this.#conversation === null ? this.#instructions : (this.#conversation.system ?? "");
  }

  get messages() {
    return [...this.#messages];
  }

  get last() {
    return this.#messages.at(-1) ?? null;
  }

  /** The end of what the server knows. */
  get lastKept() {
    return this.messages.reverse().find((message) => message.id !== null) ?? null;
  }

  /** With what older messages are asked for; null where there are none. */
  get before() {
    return this.#before;
  }

  /**
   * Calls `handler` on each change of that kind; returns what ends it.
   *
   * @param {Change} change
   * @param {(detail: Detail) => void} handler
   */
  on(change, handler) {
    return listen(this, change, (/** @type {CustomEvent<Detail>} */ event) => handler(event.detail));
  }

  /** @param {ChatMessage} message */
  previousOf(message) {
    return this.#messages[this.#messages.indexOf(message) - 1] ?? null;
  }

  /** @param {ConversationWithMessages} kept */
  open(kept) {
    this.#conversation = kept;
    this.#messages = kept.messages.map(ChatMessage.fromKept);
    this.#before = kept.before;
    this.#tell("opened", {});
  }

  /**
   * Tells whether this is what is shown already.
   *
   * @param {ConversationWithMessages} kept
   */
  shows(kept) {
    const shown = this.#messages.slice(-kept.messages.length || this.#messages.length);
    const essence = (/** @type {{ id: string | null, state: string, siblings: string[] }} */ message) =>
      `${message.id} ${message.state} ${message.siblings.length}`;
    return shown.map(essence).join() === kept.messages.map(essence).join();
  }

  clear() {
    this.#conversation = null;
    this.#messages = [];
    this.#before = null;
    this.#instructions = "";
    this.#tell("cleared", {});
  }

  /** @param {Conversation} conversation */
  describe(conversation) {
    this.#conversation = conversation;
    this.#tell("described", {});
  }

  /** @param {string} instructions for a conversation that is still to be made */
  instruct(instructions) {
    this.#instructions = instructions;
    this.#tell("described", {});
  }

  /** @param {ConversationWithMessages} older */
  prepend(older) {
    const messages = older.messages.map(ChatMessage.fromKept);
    this.#messages.unshift(...messages);
    this.#before = older.before;
    this.#tell("prepended", { messages });
  }

  /**
   * Shows `messages` behind `message`, in place of what was there.
   *
   * @param {ChatMessage | null} message null: from the beginning on
   * @param {ChatMessage[]} messages
   */
  continue(message, messages) {
    const kept = message === null ? 0 : this.#messages.indexOf(message) + 1;
    if (kept < this.#messages.length) {
      this.#messages.length = kept;
      this.#tell("cut", message === null ? {} : { message });
    }
    for (const added of messages) {
      this.#messages.push(added);
      this.#tell("added", { message: added });
    }
  }

  /**
   * Takes an answer back that nobody waits for, and its question, if the server does not know that.
   *
   * @param {ChatMessage} answer
   */
  withdraw(answer) {
    if (!this.#messages.includes(answer)) return;
    const question = this.previousOf(answer);
    this.continue(question?.id === null ? this.previousOf(question) : question, []);
  }

  /**
   * @param {ChatMessage} message
   * @param {string} id
   * @param {string | null} parentId
   */
  identify(message, id, parentId) {
    message.identify(id, parentId);
    this.#tellOf("identified", message);
  }

  /**
   * @param {ChatMessage} message
   * @param {string} text
   */
  grow(message, text) {
    message.text += text;
    this.#tell("grown", { message, text });
  }

  /**
   * @param {ChatMessage} message
   * @param {(message: ChatMessage) => void} change
   */
  change(message, change) {
    change(message);
    this.#tellOf("changed", message);
  }

  /**
   * @param {Change} change
   * @param {ChatMessage} message
   */
  #tellOf(change, message) {
    // An answer may end just after another branch is shown: nobody is to hear of it then.
    if (this.#messages.includes(message)) this.#tell(change, { message });
  }

  /**
   * @param {Change} change
   * @param {Partial<Detail>} detail
   */
  #tell(change, detail) {
    this.dispatchEvent(new CustomEvent(change, { detail }));
  }
}
