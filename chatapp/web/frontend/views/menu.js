import { listen } from "../listen.js";
import { copyOf, part } from "./part.js";

const GAP_PX = 4;

/** A small list of things to do that opens beside its button. */
export class Menu {
  #button;
  #make;
  #alignsStart;
  /** @type {HTMLElement | null} */
  #element = null;
  /** @type {(() => void)[]} */
  #ends = [];

  /**
   * @param {HTMLElement} button
   * @param {() => HTMLElement} make returns the menu, each time that it is opened
   * @param {{ alignsStart?: boolean }} [look] whether it begins where its button does; else it ends there
   */
  constructor(button, make, { alignsStart = false } = {}) {
    this.#alignsStart = alignsStart;
    this.#button = button;
    this.#make = make;
    button.setAttribute("aria-expanded", "false");
    listen(button, "click", () => (this.#element === null ? this.#open() : this.close()));
  }

  close() {
    for (const end of this.#ends.splice(0)) end();
    const hadFocus = this.#element?.matches(":focus-within");
    this.#element?.remove();
    this.#element = null;
    this.#button.setAttribute("aria-expanded", "false");
    if (hadFocus) this.#button.focus();
  }

  #open() {
    const element = this.#make();
    this.#element = element;
    element.popover = "manual";
    this.#button.after(element);
    // Above everything: what keeps its contents to itself, as a message does, would cut it off.
    element.showPopover?.();
    this.#button.setAttribute("aria-expanded", "true");
    this.#place(element);
    part(element, "button, a").focus({ preventScroll: true });
    const { top } = this.#button.getBoundingClientRect();
    this.#ends.push(
      listen(element, "click", () => this.close()),
      listen(document, "pointerdown", (event) => this.#closeOutside(event)),
      listen(document, "focusin", (event) => this.#closeOutside(event)),
      listen(document, "scroll", (event) => this.#closeLeft(event, top), { capture: true, passive: true }),
      listen(window, "resize", () => this.close()),
      listen(element, "keydown", (/** @type {KeyboardEvent} */ event) => this.#obey(event)),
      listen(this.#button, "keydown", (/** @type {KeyboardEvent} */ event) => this.#obey(event)),
    );
  }

  /** @param {HTMLElement} element */
  #place(element) {
    const button = this.#button.getBoundingClientRect();
    const { width, height } = element.getBoundingClientRect();
    const isBelow = button.bottom + GAP_PX + height <= innerHeight;
    const top = isBelow ? button.bottom + GAP_PX : Math.max(GAP_PX, button.top - GAP_PX - height);
    const isMirrored = getComputedStyle(this.#button).direction === "rtl";
    const edge = this.#alignsStart === isMirrored ? button.right - width : button.left;
    const left = Math.max(GAP_PX, Math.min(edge, innerWidth - width - GAP_PX));
    element.style.setProperty("top", `${top}px`);
    element.style.setProperty("left", `${left}px`);
  }

  /** @param {Event} event */
  #closeOutside(event) {
    const target = /** @type {Node} */ (event.target);
    if (!this.#element?.contains(target) && !this.#button.contains(target)) this.close();
  }

  /**
   * Closes when its button is scrolled away from it. An answer that is followed scrolls too, and moves no such button.
   *
   * @param {Event} event
   * @param {number} top where the button was
   */
  #closeLeft({ target }, top) {
    const moved = this.#button.getBoundingClientRect().top - top;
    if (target instanceof Node && target.contains(this.#button) && Math.abs(moved) > GAP_PX) this.close();
  }

  /** @param {KeyboardEvent} event */
  #obey(event) {
    if (event.key === "Escape") {
      // The drawer around it stays open.
      event.preventDefault();
      event.stopPropagation();
      this.close();
      this.#button.focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || this.#element === null) return;
    event.preventDefault();
    const items = [...this.#element.querySelectorAll("button, a")];
    const place = items.findIndex((item) => item.matches(":focus"));
    const next = items.at((place + step) % items.length);
    if (next instanceof HTMLElement) next.focus();
  }
}

/**
 * Makes a menu of plain words.
 *
 * @param {{ name: string, onChoose: () => void }[]} items
 * @param {string} template the template of the menu, with one item to copy
 */
export function menuOf(items, template) {
  const element = copyOf(template);
  const pattern = part(element, "button");
  for (const { name, onChoose } of items) {
    const item = /** @type {HTMLElement} */ (pattern.cloneNode());
    item.textContent = name;
    listen(item, "click", onChoose);
    pattern.before(item);
  }
  pattern.remove();
  return element;
}
