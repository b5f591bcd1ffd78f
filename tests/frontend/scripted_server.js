import { AnswerError } from "../../chatapp/web/frontend/answers/answer_error.js";
import { body, event, wireOf } from "./streams.js";

/** Keeps conversations as far as the pages' tests need it, and answers what it was asked. */
export class ScriptedServer {
  made = [];
  questions = [];
  changes = [];
  stopped = [];
  replies = new Map();
  /** How many questions get lost on their way. */
  losesQuestions = 0;
  /** How many answers to questions get lost on their way, though the question came. */
  losesAnswers = 0;
  /** How many replies fail. */
  fails = 0;
  /** Whether replies stay silent until they are stopped. */
  waits = false;
  refuses = null;
  /** How many messages the model is not told. */
  leftOut = 0;
  /** What the last event of a reply says of a budget. */
  allowance = undefined;
  #kept = new Map();
  #older = new Map();
  #ids = 0;

  /** Waits until everything that can go on has done so. */
  async idle() {
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  }

  keep(id, messages, older = []) {
    this.#kept.set(id, messages.map(this.#message, this));
    this.#older.set(id, older.map(this.#message, this));
  }

  async create(wanted) {
    this.made.push(wanted);
    this.#kept.set("c1", []);
    return { id: "c1", title: "", system: wanted.system ?? null };
  }

  async show(id, { before } = {}) {
    await null;
    const older = this.#older.get(id) ?? [];
    const messages = before ? older : this.#kept.get(id);
    return { id, title: "", system: null, messages, before: older.length && !before ? "older" : null };
  }

  async change(id, changes) {
    this.changes.push(changes);
    return { id };
  }

  async ask(_, question) {
    if (this.losesQuestions-- > 0) {
      await null;
      throw AnswerError.unreachable();
    }
    this.questions.push(question);
    if (this.refuses) throw this.refuses;
    const reply = this.replies.get(question.client_id) ?? this.#begin(question);
    this.replies.set(question.client_id, reply);
    if (this.losesAnswers-- > 0) throw AnswerError.unreachable();
    return reply;
  }

  async events(id, characters, signal) {
    const reply = [...this.replies.values()].find((each) => each.id === id) ?? this.#running(id);
    if (reply.fails)
      return new Response(body([event({ error: "It broke.", code: "provider_failed", state: "failed" })]));
    if (!reply.waits)
      return new Response(body([wireOf(reply.whole, characters, 3, { allowance: this.allowance })]));
    return new Response(
      new ReadableStream({
        start(stream) {
          reply.followers.push(stream);
          signal.addEventListener("abort", () => stream.error(signal.reason));
        },
      }),
    );
  }

  async stop(id) {
    this.stopped.push(id);
    const reply = [...this.replies.values()].find((each) => each.id === id);
    const last = new TextEncoder().encode(event({ done: true, state: "stopped" }));
    await this.idle();
    for (const follower of reply.followers) follower.enqueue(last);
  }

  #begin(question) {
    const text = question.message ?? this.#asked(question.answer_to);
    return {
      id: `r${++this.#ids}`,
      user_message_id: question.answer_to ?? `u${this.#ids}`,
      left_out: this.leftOut,
      text: "",
      message: text,
      whole: `answer to ${text}`,
      fails: this.fails-- > 0,
      waits: this.waits,
      followers: [],
    };
  }

  #asked(messageId) {
    return [...this.replies.values()].find((reply) => reply.user_message_id === messageId).message;
  }

  #running(id) {
    return [...this.#kept.values()].flat().find((message) => message.id === id);
  }

  #message({ text, state = "complete", whole = text }, place) {
    const id = `k${place + 1}`;
    const role = place % 2 ? "assistant" : "user";
    return {
      id,
      parent_id: place ? `k${place}` : null,
      role,
      text,
      state,
      whole,
      siblings: [id],
      error: null,
    };
  }
}
