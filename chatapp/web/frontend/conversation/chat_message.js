/**
 * @typedef {import("../api/chat_api.js").KeptMessage} KeptMessage
 * @typedef {import("../api/chat_api.js").Question} Question
 * @typedef {import("../answers/answer_error.js").Problem} Problem
 * @typedef {import("../answers/reply_follower.js").LastEvent} LastEvent
 *
 * How an answer looks, whatever the reason.
 * @typedef {"waiting" | "streaming" | "done" | "stopped" | "failed"} Look
 */

import { AnswerError } from "../answers/answer_error.js";

/** @type {Readonly<Record<string, Look>>} */
const LOOKS = {
  complete: "done",
  truncated: "done",
  filtered: "done",
  refused: "done",
  stopped: "stopped",
};

/** Our own words beside the server's states: nobody knows of it there, or it is made there and we cannot get it. */
export const [UNSENT, OUT_OF_REACH] = ["unsent", "out_of_reach"];

/** One message of the branch that is shown; it has no `id` before the server knows it. */
export class ChatMessage {
  /** @type {string | null} */
  id = null;
  /** @type {string | null} */
  parentId = null;
  role;
  text = "";
  state = "complete";
  /** @type {string[]} */
  siblings = [];
  /** @type {string | null} */
  model = null;
  /** @type {KeptMessage["usage"]} */
  usage = null;
  /** @type {KeptMessage["cost"]} */
  cost = null;
  /** How many of the oldest messages did not fit into its model. */
  leftOut = 0;
  /** @type {Problem | null} */
  problem = null;
  /** Whether its words can come: the line to the server stands. */
  connected = true;
  /** Whether it was asked to stop, and has not done so yet. */
  stopping = false;
  /** What was asked to get it, as long as that may have to be sent again. @type {Question | null} */
  asked = null;

  /** @param {string} role */
  constructor(role) {
    this.role = role;
  }

  /** @param {KeptMessage} kept */
  static fromKept(kept) {
    const message = new ChatMessage(kept.role);
    message.id = kept.id;
    message.parentId = kept.parent_id;
    message.text = kept.text;
    message.siblings = kept.siblings;
    message.#take(kept);
    return message;
  }

  /**
   * @param {string} text
   * @param {string[]} [siblings] beside which it stands
   */
  static question(text, siblings = []) {
    const message = new ChatMessage("user");
    message.text = text;
    message.siblings = siblings;
    return message;
  }

  /** @param {string[]} [siblings] */
  static answer(siblings = []) {
    const message = new ChatMessage("assistant");
    message.siblings = siblings;
    message.state = "running";
    return message;
  }

  get pending() {
    return this.state === "running";
  }

  /** @returns {Look} */
  get look() {
    if (this.pending) return this.text === "" ? "waiting" : "streaming";
    return LOOKS[this.state] ?? "failed";
  }

  /**
   * @param {string} id
   * @param {string | null} parentId
   */
  identify(id, parentId) {
    this.id = id;
    this.parentId = parentId;
    if (!this.siblings.includes(id)) this.siblings = [...this.siblings, id];
  }

  /** @param {LastEvent} last */
  end(last) {
    this.#take(last);
    this.connected = true;
    this.stopping = false;
    this.asked = null;
  }

  /** @param {Problem} problem */
  fail(problem) {
    this.state = this.id === null ? UNSENT : OUT_OF_REACH;
    this.problem = problem;
    this.connected = true;
    this.stopping = false;
  }

  /** Goes on where it failed: what has come of it stays. */
  resume() {
    this.state = "running";
    this.problem = null;
  }

  /** @param {Partial<KeptMessage> | LastEvent} told an event of an error brings its sentence, a message the error */
  #take(told) {
    const error = typeof told.error === "string" ? told : told.error;
    this.state = told.state ?? this.state;
    this.model = told.model ?? this.model;
    this.usage = told.usage ?? null;
    this.cost = told.cost ?? null;
    // The last event does not tell it again.
    if ("left_out" in told) this.leftOut = told.left_out ?? 0;
    this.problem = error ? AnswerError.fromBody(error).problem : null;
    // What was imported may have failed without a reason.
    if (this.look === "failed") this.problem ??= AnswerError.unfinished(this.state).problem;
  }
}
