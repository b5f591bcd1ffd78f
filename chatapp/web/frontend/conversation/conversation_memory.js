import { Turn } from "./turn.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */

/**
 * Keeps a conversation in this tab, so that it is still there after a reload or a visit to another page.
 * Nothing is stored before the first question; where the browser allows no storage, nothing is kept.
 */
export class ConversationMemory {
  #key;
  #openStorage;

  /**
   * @param {string} key
   * @param {() => Storage} [openStorage] may throw: merely naming a forbidden storage does
   */
  constructor(key, openStorage = () => globalThis.sessionStorage) {
    this.#key = key;
    this.#openStorage = openStorage;
  }

  /** @returns {Turn[]} */
  recall() {
    return (
      this.#attempt((storage) => JSON.parse(storage.getItem(this.#key) ?? "[]").map(Turn.fromJSON)) ?? []
    );
  }

  /** @param {Conversation} conversation */
  save(conversation) {
    const { turns } = conversation;
    this.#attempt((storage) => {
      if (turns.length === 0) storage.removeItem(this.#key);
      else storage.setItem(this.#key, JSON.stringify(turns));
    });
  }

  /**
   * Saves at every change except for growing text, which is saved when it ends.
   *
   * @param {Conversation} conversation
   */
  follow(conversation) {
    const save = () => this.save(conversation);
    const ends = [
      conversation.on("added", save),
      conversation.on("changed", save),
      conversation.on("cleared", save),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /**
   * @template T
   * @param {(storage: Storage) => T} action
   * @returns {T | undefined}
   */
  #attempt(action) {
    try {
      return action(this.#openStorage());
    } catch {
      return undefined;
    }
  }
}
