import { CallCard } from "./call_card.js";

/** @typedef {import("./calls_feed.js").Call} Call */

const MOST_CARDS = 200;

/** The calls, newest first. The oldest make room when there are many. */
export class CallList {
  #element;
  /** @type {Map<number, CallCard>} from the oldest to the newest */
  #cards = new Map();

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  /** How many calls are shown. */
  get size() {
    return this.#cards.size;
  }

  /**
   * Shows these calls and no others; cards that stay keep what is open in them.
   *
   * @param {Call[]} calls
   */
  replace(calls) {
    const kept = new Map(calls.map((call) => [call.number, call]));
    for (const [number, card] of this.#cards) {
      const call = kept.get(number);
      if (call === undefined || !card.isOf(call)) this.#remove(number, card);
    }
    this.update(calls);
  }

  /** @param {Call[]} calls new ones, and those that have changed, from the oldest to the newest */
  update(calls) {
    for (const call of calls) {
      const card = this.#cards.get(call.number);
      if (card === undefined) this.#add(call);
      else card.show(call);
    }
    for (const [number, card] of this.#cards) {
      if (this.#cards.size <= MOST_CARDS) break;
      this.#remove(number, card);
    }
  }

  /** @param {Call} call */
  #add(call) {
    const card = new CallCard(call);
    this.#cards.set(call.number, card);
    this.#element.prepend(card.element);
  }

  /**
   * @param {number} number
   * @param {CallCard} card
   */
  #remove(number, card) {
    card.element.remove();
    this.#cards.delete(number);
  }
}
