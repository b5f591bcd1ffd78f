import { listen } from "../../listen.js";
import { texts } from "../../texts.js";
import { isComposing } from "../enter.js";
import { Menu } from "../menu.js";
import { copyOf, part } from "../part.js";
import { highlighted } from "./highlight.js";

/**
 * @typedef {import("../../api/chat_api.js").Entry} Entry
 *
 * @typedef {object} ItemActions
 * @property {(entry: Entry, title: string) => Promise<unknown>} onRename
 * @property {(entry: Entry) => void} onPin
 * @property {(entry: Entry) => void} onDelete
 * @property {() => void} onOpen
 */

/** One conversation in the list, with what can be done with it. */
export class ConversationItem {
  element = copyOf("conversation");
  #link = /** @type {HTMLAnchorElement} */ (part(this.element, "[data-part=link]"));
  #more = part(this.element, "[data-action=more]");
  #actions;
  #entry;

  /**
   * @param {Entry} entry
   * @param {ItemActions} actions
   */
  constructor(entry, actions) {
    this.#entry = entry;
    this.#actions = actions;
    this.#link.href = `#c=${entry.id}`;
    listen(this.#link, "click", () => actions.onOpen());
    new Menu(this.#more, () => this.#menu());
  }

  /**
   * @param {Entry} entry
   * @param {string} query what was searched for
   */
  show(entry, query) {
    this.#entry = entry;
    this.element.dataset.pinned = String(entry.pinned);
    part(this.element, "[data-part=pinned]").hidden = !entry.pinned;
    part(this.element, "[data-part=title]").textContent = this.#title;
    part(this.element, "[data-part=snippet]").replaceChildren(...highlighted(entry.snippet ?? "", query));
    this.#more.setAttribute("aria-label", texts.moreFor(this.#title));
  }

  /** @param {boolean} isShown whether it is the one in the middle of the page */
  mark(isShown) {
    if (isShown) this.#link.setAttribute("aria-current", "page");
    else this.#link.removeAttribute("aria-current");
  }

  focus() {
    this.#link.focus();
  }

  get #title() {
    return this.#entry.title || texts.untitled;
  }

  #menu() {
    const menu = copyOf("conversation-menu");
    const entry = this.#entry;
    const exports = `/api/conversations/${entry.id}/export?format=`;
    part(menu, "[data-action=pin]").textContent = entry.pinned ? texts.unpin : texts.pin;
    listen(part(menu, "[data-action=pin]"), "click", () => this.#actions.onPin(entry));
    listen(part(menu, "[data-action=delete]"), "click", () => this.#actions.onDelete(entry));
    // After the menu has given the focus back to its button.
    listen(part(menu, "[data-action=rename]"), "click", () => queueMicrotask(() => this.#rename()));
    for (const format of ["markdown", "jsonl"]) {
      const link = /** @type {HTMLAnchorElement} */ (part(menu, `[data-export=${format}]`));
      link.href = exports + format;
    }
    return menu;
  }

  #rename() {
    const input = /** @type {HTMLInputElement} */ (copyOf("rename"));
    let isOver = false;
    const end = (/** @type {boolean} */ saves) => {
      if (isOver) return;
      isOver = true;
      const title = input.value.trim();
      const hadFocus = input === document.activeElement;
      input.replaceWith(this.#link);
      if (hadFocus) this.#more.focus();
      if (saves && title !== "" && title !== this.#entry.title) this.#actions.onRename(this.#entry, title);
    };
    listen(input, "blur", () => end(true));
    listen(input, "keydown", (/** @type {KeyboardEvent} */ event) => {
      if (isComposing(event) || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      end(event.key === "Enter");
    });
    input.value = this.#entry.title;
    this.#link.replaceWith(input);
    input.select();
    input.focus();
  }
}
