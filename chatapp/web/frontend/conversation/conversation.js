import { listen } from "../listen.js";
import { Turn } from "./turn.js";

/**
 * @typedef {import("./turn.js").Ending} Ending
 * @typedef {import("./turn.js").Problem} Problem
 *
 * - `added`: a turn began; `changed`: the state of a turn did; `cleared`: all turns are gone
 * - `grown`: `text` was added to the answer of a turn
 * @typedef {"added" | "changed" | "grown" | "cleared"} Change
 * @typedef {{ turn: Turn, text: string }} Detail
 */

/** The turns of one conversation, in order; it tells those who listen what changes. */
export class Conversation extends EventTarget {
  /** @type {Set<Turn>} */
  #turns;

  /** @param {Iterable<Turn>} [turns] */
  constructor(turns = []) {
    super();
    this.#turns = new Set(turns);
  }

  get turns() {
    return [...this.#turns];
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

  /** @param {Turn} turn */
  historyBefore(turn) {
    const turns = this.turns;
    return turns.slice(0, turns.indexOf(turn)).flatMap((earlier) => earlier.history);
  }

  /** @param {string} question */
  add(question) {
    const turn = new Turn(question);
    this.#turns.add(turn);
    this.#tell("added", { turn });
    return turn;
  }

  /**
   * @param {Turn} turn
   * @param {string} text
   */
  append(turn, text) {
    turn.append(text);
    this.#tell("grown", { turn, text });
  }

  /**
   * @param {Turn} turn
   * @param {Ending} ending
   */
  finish(turn, ending) {
    turn.finish(ending);
    this.#tellChanged(turn);
  }

  /** @param {Turn} turn */
  stop(turn) {
    turn.stop();
    this.#tellChanged(turn);
  }

  /**
   * @param {Turn} turn
   * @param {Problem} problem
   */
  fail(turn, problem) {
    turn.fail(problem);
    this.#tellChanged(turn);
  }

  /** @param {Turn} turn */
  restart(turn) {
    turn.restart();
    this.#tellChanged(turn);
  }

  clear() {
    this.#turns.clear();
    this.#tell("cleared", {});
  }

  /** @param {Turn} turn */
  #tellChanged(turn) {
    // An answer may end just after its conversation was cleared: nobody is to hear of it then.
    if (this.#turns.has(turn)) this.#tell("changed", { turn });
  }

  /**
   * @param {Change} change
   * @param {Partial<Detail>} detail
   */
  #tell(change, detail) {
    this.dispatchEvent(new CustomEvent(change, { detail }));
  }
}
