import { AnswerError } from "../answers/answer_error.js";
import { listen } from "../listen.js";

/**
 * @typedef {import("../api/visitor_api.js").VisitorApi} VisitorApi
 * @typedef {import("../api/chat_api.js").Entry} Entry
 */

const [USUAL, MOST] = [30, 100];

/** The conversations of this visitor, as far as they are loaded, or what a search found; it tells when they change. */
export class ConversationList extends EventTarget {
  #api;
  /** @type {Entry[]} */
  #entries = [];
  /** @type {string | null} */
  #next = null;
  #query = "";
  /** @type {import("../answers/answer_error.js").Problem | null} */
  #problem = null;
  #isLoaded = false;
  #loading = new AbortController();
  #isLoadingMore = false;

  /** @param {VisitorApi} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  get entries() {
    return this.#entries;
  }

  get query() {
    return this.#query;
  }

  get problem() {
    return this.#problem;
  }

  get isLoaded() {
    return this.#isLoaded;
  }

  get hasMore() {
    return this.#next !== null;
  }

  /** @param {() => void} handler */
  onChange(handler) {
    return listen(this, "changed", handler);
  }

  /** @param {string} id */
  find(id) {
    return this.#entries.find((entry) => entry.id === id);
  }

  /** @param {string} query "" for all */
  async search(query) {
    if (query === this.#query) return;
    this.#query = query;
    await this.#load(USUAL);
  }

  /** Loads anew what is shown: something has changed, here or elsewhere. */
  async refresh() {
    await this.#load(Math.min(MOST, Math.max(USUAL, this.#entries.length)));
  }

  async loadMore() {
    if (this.#next === null || this.#isLoadingMore) return;
    this.#isLoadingMore = true;
    const { signal } = this.#loading;
    try {
      const page = await this.#api.list({ query: this.#query, cursor: this.#next, signal });
      const known = new Set(this.#entries.map((entry) => entry.id));
      if (!signal.aborted)
        this.#show([...this.#entries, ...page.conversations.filter(({ id }) => !known.has(id))], page.next);
    } catch {
      // Scrolling on asks again.
    } finally {
      this.#isLoadingMore = false;
    }
  }

  /**
   * @param {string} id
   * @param {{ title?: string, pinned?: boolean }} changes
   */
  async change(id, changes) {
    const changed = await this.#api.change(id, changes);
    this.#entries = this.#entries.map((entry) => (entry.id === id ? { ...entry, ...changed } : entry));
    this.#tell();
    await this.refresh();
  }

  /** @param {string} id */
  async remove(id) {
    await this.#api.remove(id);
    this.#show(
      this.#entries.filter((entry) => entry.id !== id),
      this.#next,
    );
  }

  /** @param {number} limit */
  async #load(limit) {
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    try {
      const page = await this.#api.list({ query: this.#query, limit, signal });
      if (!signal.aborted) this.#show(page.conversations, page.next);
    } catch (error) {
      if (signal.aborted) return;
      this.#problem = (error instanceof AnswerError ? error : AnswerError.unreadable()).problem;
      this.#tell();
    }
  }

  /**
   * @param {Entry[]} entries
   * @param {string | null} next
   */
  #show(entries, next) {
    this.#entries = entries;
    this.#next = next;
    this.#problem = null;
    this.#isLoaded = true;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("changed"));
  }
}
