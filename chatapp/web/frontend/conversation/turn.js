/**
 * @typedef {import("../answers/answer_client.js").Ending} Ending
 * @typedef {import("../answers/answer_client.js").Message} Message
 * @typedef {import("../answers/answer_error.js").Problem} Problem
 * @typedef {"waiting" | "streaming" | "done" | "stopped" | "failed"} State
 */

/** One question and its answer, from the first moment of waiting to its end. */
export class Turn {
  /** @type {State} */
  #state = "waiting";
  #text = "";
  /** @type {Ending | null} */
  #ending = null;
  /** @type {Problem | null} */
  #problem = null;

  /** @param {string} question */
  constructor(question) {
    this.question = question;
  }

  /** @param {any} saved what `toJSON` gave */
  static fromJSON(saved) {
    const turn = new Turn(saved.question);
    turn.#state = saved.state;
    turn.#text = saved.text;
    turn.#ending = saved.ending;
    turn.#problem = saved.problem;
    return turn;
  }

  get state() {
    return this.#state;
  }

  get text() {
    return this.#text;
  }

  get ending() {
    return this.#ending;
  }

  get problem() {
    return this.#problem;
  }

  get pending() {
    return this.#state === "waiting" || this.#state === "streaming";
  }

  /**
   * What later questions tell the model of this turn: nothing, unless there is an answer to tell.
   *
   * @returns {Message[]}
   */
  get history() {
    if (this.#text === "" || !["done", "stopped"].includes(this.#state)) return [];
    return [
      { role: "user", content: this.question },
      { role: "assistant", content: this.#text },
    ];
  }

  /** @param {string} text */
  append(text) {
    this.#state = "streaming";
    this.#text += text;
  }

  /** @param {Ending} ending */
  finish(ending) {
    this.#state = "done";
    this.#ending = ending;
  }

  stop() {
    this.#state = "stopped";
  }

  /** @param {Problem} problem */
  fail(problem) {
    this.#state = "failed";
    this.#problem = problem;
  }

  restart() {
    this.#state = "waiting";
    this.#text = "";
    this.#ending = null;
    this.#problem = null;
  }

  /** An answer that is still being made would be lost with the page, so it is kept as a stopped one. */
  toJSON() {
    return {
      question: this.question,
      state: this.pending ? "stopped" : this.#state,
      text: this.#text,
      ending: this.#ending,
      problem: this.#problem,
    };
  }
}
