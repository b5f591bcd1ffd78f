import { listen } from "../../listen.js";
import { texts } from "../../texts.js";
import { isComposing } from "../enter.js";
import { part } from "../part.js";
import { ConversationItem } from "./conversation_item.js";

/**
 * @typedef {import("../../list/conversation_list.js").ConversationList} ConversationList
 * @typedef {import("./conversation_item.js").ItemActions} ItemActions
 */

const TYPING_MS = 200;
const NEAR_END_PX = 300;

/** The list of conversations and the search in it. */
export class Sidebar {
  #list;
  #actions;
  #search;
  #entries;
  #scroller;
  #note;
  #retry;
  #shownId = "";
  #timer = 0;
  /** @type {Map<string, ConversationItem>} */
  #items = new Map();

  /**
   * @param {HTMLElement} root
   * @param {ConversationList} list
   * @param {ItemActions & { onSay: (words: string) => void }} actions
   */
  constructor(root, list, actions) {
    this.#list = list;
    this.#actions = actions;
    this.#search = /** @type {HTMLInputElement} */ (part(root, "[data-part=search]"));
    this.#entries = part(root, "[data-part=entries]");
    this.#scroller = part(root, "[data-part=scroller]");
    this.#note = part(root, "[data-part=list-note]");
    this.#retry = part(root, "[data-action=reload-list]");
    listen(this.#search, "input", () => this.#searchSoon());
    listen(this.#search, "keydown", (/** @type {KeyboardEvent} */ event) => this.#clearOnEscape(event));
    listen(this.#scroller, "scroll", () => this.#wantMore(), { passive: true });
    listen(this.#retry, "click", () => list.refresh());
    list.onChange(() => this.#show());
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  /** @param {string} id of the conversation that is shown; "" for a new one */
  mark(id) {
    this.#shownId = id;
    for (const [itemId, item] of this.#items) item.mark(itemId === id);
  }

  #searchSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#searchNow(), TYPING_MS);
  }

  async #searchNow() {
    const query = this.#search.value.trim();
    if (query === this.#list.query) return;
    await this.#list.search(query);
    const { entries, hasMore } = this.#list;
    if (query !== "" && query === this.#list.query) {
      this.#actions.onSay(entries.length === 0 ? texts.nothingFound : texts.found(entries.length, hasMore));
    }
  }

  /** @param {KeyboardEvent} event */
  #clearOnEscape(event) {
    if (event.key !== "Escape" || isComposing(event)) return;
    // Whoever leaves a search does not mean the answer that is being made.
    event.stopPropagation();
    if (this.#search.value === "") return;
    // The drawer around it stays open.
    event.preventDefault();
    this.#search.value = "";
    this.#searchNow();
  }

  #show() {
    const { entries, query, problem, isLoaded } = this.#list;
    const focused = this.#placeOfFocus();
    const ids = new Set(entries.map((entry) => entry.id));
    for (const [id, item] of this.#items) if (!ids.has(id)) this.#drop(id, item);
    let previous = /** @type {Element | null} */ (null);
    for (const entry of entries) {
      const item = this.#itemFor(entry);
      item.show(entry, query);
      item.mark(entry.id === this.#shownId);
      // Moving an element takes its focus, so one that stands right is left there.
      const isRight = item.element.isConnected && item.element.previousElementSibling === previous;
      if (!isRight)
        this.#entries.insertBefore(item.element, previous?.nextElementSibling ?? this.#firstEntry(previous));
      previous = item.element;
    }
    this.#note.textContent = problem?.reason ?? (isLoaded && entries.length === 0 ? emptyWords(query) : "");
    this.#retry.hidden = problem === null;
    if (focused >= 0 && !this.#entries.contains(document.activeElement)) this.#focusNear(focused);
    this.#wantMore();
  }

  /** @param {Element | null} previous */
  #firstEntry(previous) {
    return previous === null ? this.#entries.firstElementChild : null;
  }

  /** @param {import("../../api/chat_api.js").Entry} entry */
  #itemFor(entry) {
    const known = this.#items.get(entry.id);
    if (known) return known;
    const item = new ConversationItem(entry, this.#actions);
    this.#items.set(entry.id, item);
    return item;
  }

  /**
   * @param {string} id
   * @param {ConversationItem} item
   */
  #drop(id, item) {
    item.element.remove();
    this.#items.delete(id);
  }

  /** Returns in which entry the focus is; -1 if in none. */
  #placeOfFocus() {
    return [...this.#entries.children].findIndex((child) => child.contains(document.activeElement));
  }

  /** @param {number} place */
  #focusNear(place) {
    const { entries } = this.#list;
    const entry = entries[Math.min(place, entries.length - 1)];
    if (entry) this.#items.get(entry.id)?.focus();
    else this.#search.focus();
  }

  #wantMore() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const isShown = clientHeight > 0;
    if (isShown && this.#list.hasMore && scrollHeight - clientHeight - scrollTop < NEAR_END_PX)
      this.#list.loadMore();
  }
}

/** @param {string} query */
function emptyWords(query) {
  return query === "" ? texts.noConversations : texts.nothingFound;
}
