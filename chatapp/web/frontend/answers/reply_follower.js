import { AnswerError } from "./answer_error.js";
import { readEvents } from "./event_reader.js";
import { Place } from "./place.js";
import { Retrying } from "./retrying.js";
import { SilenceTimer } from "./silence_timer.js";

/**
 * @typedef {import("../api/chat_api.js").ChatApi} ChatApi
 *
 * How an answer ended, as the last event tells it.
 * @typedef {import("./answer_error.js").ToldError & import("../api/chat_api.js").Answer} LastEvent
 *
 * @typedef {object} Reader
 * @property {AbortSignal} signal
 * @property {(text: string) => void} onText
 * @property {(connected: boolean) => void} onConnection whether the line stands; told at each change, and again
 */

const FIVE_MINUTES_MS = 300_000;

/** Follows answers to their end, over as many connections as it takes, without a gap or a repetition. */
export class ReplyFollower {
  #api;
  #retrying;
  #silenceMs;

  /**
   * @param {Pick<ChatApi, "events">} api
   * @param {object} [options]
   * @param {Retrying} [options.retrying]
   * @param {number} [options.silenceMs] the server says something at least every 15 seconds
   */
  constructor(api, { retrying = new Retrying(), silenceMs = 20_000 } = {}) {
    this.#api = api;
    this.#retrying = retrying;
    this.#silenceMs = silenceMs;
  }

  /**
   * Returns how the answer ended. Rejects with an AnswerError if that cannot be learned, or with the reason of
   * `signal` once that is aborted.
   *
   * @param {string} replyId
   * @param {number} characters how many are known
   * @param {Reader} reader
   * @returns {Promise<LastEvent>}
   */
  follow(replyId, characters, reader) {
    const place = new Place(characters);
    return this.#retrying.run((proceed) => this.#connect(replyId, place, reader, proceed), {
      signal: reader.signal,
      patienceMs: FIVE_MINUTES_MS,
      onBroken: () => reader.onConnection(false),
    });
  }

  /**
   * @param {string} replyId
   * @param {Place} place
   * @param {Reader} reader
   * @param {() => void} proceed
   */
  async #connect(replyId, place, reader, proceed) {
    const silence = new SilenceTimer(this.#silenceMs);
    let signs = 0;
    const onBytes = () => {
      silence.heard();
      signs += 1;
      // The first bytes come from any server; what follows them shows that this line holds.
      if (signs > 1) proceed();
    };
    try {
      const signal = AbortSignal.any([reader.signal, silence.signal]);
      const response = await this.#api.events(replyId, place.characters, signal);
      reader.onConnection(true);
      return await this.#read(response, place, reader, onBytes);
    } catch (error) {
      throw error instanceof AnswerError ? error : AnswerError.lost();
    } finally {
      silence.end();
    }
  }

  /**
   * @param {Response} response
   * @param {Place} place
   * @param {Reader} reader
   * @param {() => void} onBytes
   * @returns {Promise<LastEvent>}
   */
  async #read(response, place, reader, onBytes) {
    for await (const { data, id } of readEvents(/** @type {ReadableStream} */ (response.body), onBytes)) {
      const event = parse(data);
      if (typeof event.content === "string") {
        const text = place.take(event.content, Number(id));
        if (text !== "") reader.onText(text);
      } else if (typeof event.state === "string") return event;
      else if (event.error !== undefined) throw AnswerError.fromBody(event);
    }
    throw AnswerError.lost();
  }
}

/**
 * @param {string} data
 * @returns {any}
 */
function parse(data) {
  try {
    return JSON.parse(data) ?? {};
  } catch {
    throw AnswerError.unreadable();
  }
}
