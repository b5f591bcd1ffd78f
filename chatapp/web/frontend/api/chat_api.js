import { Requests } from "./requests.js";

/** Fills every screen; older ones come on scrolling up. */
const MESSAGES_AT_ONCE = 40;

/**
 * @typedef {import("../answers/answer_error.js").ToldError} ToldError
 * @typedef {{ usd: string | null, source: string, price_as_of?: string | null }} Cost
 *
 * What the provider did not tell is not there; details are parts of the first two.
 * @typedef {object} Usage
 * @property {number} [prompt_tokens]
 * @property {number} [completion_tokens]
 * @property {number} [total_tokens]
 * @property {{ cached_tokens?: number, cache_write_tokens?: number }} [prompt_tokens_details]
 * @property {{ reasoning_tokens?: number }} [completion_tokens_details]
 *
 * What a message and a reply have in common.
 * @typedef {object} Answer
 * @property {string} id
 * @property {string | null} model
 * @property {string} state
 * @property {string | null} finish_reason
 * @property {ToldError | null} error
 * @property {string} text
 * @property {Usage | null} usage
 * @property {Cost | null} cost
 * @property {number | null} [left_out] how many of the oldest messages did not fit into the model
 * @property {unknown} [allowance] where most of a budget is used up
 *
 * @typedef {Answer & { conversation_id: string, user_message_id: string | null }} Reply
 * @typedef {Answer & { parent_id: string | null, role: string, siblings: string[] }} KeptMessage
 *
 * A conversation as it stands in a list.
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} title
 * @property {boolean} pinned
 * @property {string | null} model
 * @property {string} updated_at
 * @property {string} [snippet]
 *
 * @typedef {Entry & { system: string | null, leaf_id: string | null }} Conversation
 * @typedef {Conversation & { messages: KeptMessage[], before: string | null }} ConversationWithMessages
 *
 * A new message under `parent_id`, or another answer to the message `answer_to`.
 * @typedef {object} Question
 * @property {string} [message]
 * @property {string | null} [parent_id]
 * @property {string} [answer_to]
 * @property {string} [model]
 * @property {string} client_id
 */

/** What the server offers about a kept conversation, route by route: all that the widget needs. */
export class ChatApi {
  #requests;

  /** @param {Requests} [requests] */
  constructor(requests = new Requests()) {
    this.#requests = requests;
  }

  /** @param {(reached: boolean) => void} handler told after each request whether anybody answered */
  onReached(handler) {
    this.#requests.onReached(handler);
  }

  /** Asks whether the server is there, and nothing else. */
  ping() {
    return this.#requests.get("/health/live");
  }

  /**
   * @param {{ model?: string | undefined, system?: string | undefined }} body
   * @param {AbortSignal} [signal]
   * @returns {Promise<Conversation>}
   */
  create(body, signal) {
    return this.#requests.send("POST", "/api/conversations", body, signal);
  }

  /**
   * @param {string} id
   * @param {{ before?: string | null, signal?: AbortSignal | undefined }} [wanted]
   * @returns {Promise<ConversationWithMessages>}
   */
  show(id, { before = null, signal } = {}) {
    return this.#requests.get(
      `/api/conversations/${id}${queryOf({ before, limit: MESSAGES_AT_ONCE })}`,
      signal,
    );
  }

  /**
   * @param {string} id
   * @param {object} changes
   * @returns {Promise<Conversation>}
   */
  change(id, changes) {
    return this.#requests.send("PATCH", `/api/conversations/${id}`, changes);
  }

  /**
   * Returns the reply as it stands; asked again with the same `client_id`, the same one.
   *
   * @param {string} conversationId
   * @param {Question} question
   * @param {AbortSignal} [signal]
   * @returns {Promise<Reply>}
   */
  ask(conversationId, question, signal) {
    return this.#requests.send("POST", `/api/conversations/${conversationId}/replies`, question, signal);
  }

  /**
   * Returns the events of a reply behind its first `characters`.
   *
   * @param {string} replyId
   * @param {number} characters
   * @param {AbortSignal} signal
   */
  events(replyId, characters, signal) {
    const headers = { Accept: "text/event-stream", "Last-Event-ID": String(characters) };
    return this.#requests.open(`/api/replies/${replyId}/events`, headers, signal);
  }

  /** @param {string} replyId */
  stop(replyId) {
    return this.#requests.send("POST", `/api/replies/${replyId}/stop`);
  }

  forgetMe() {
    return this.#requests.send("DELETE", "/api/me");
  }
}

/** @param {Record<string, string | number | null | undefined>} parameters */
export function queryOf(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value);
  return given.length === 0
    ? ""
    : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}
