import { listen } from "../listen.js";
import { selectionAround } from "../selection_around.js";

const NEAR_PX = 24;
const KEYS_UP = new Set(["ArrowUp", "PageUp", "Home"]);

/**
 * Keeps the end of a scrolling element in sight, as long as its reader has not gone away from it, selects nothing, and
 * what is held is not pushed out. After that, it tells that there is more below.
 */
export class EndFollower {
  #element;
  #onMore;
  #following = true;
  /** Where we, or the reader, scrolled last. */
  #top = 0;
  /** @type {(() => number) | null} */
  #held = null;

  /**
   * @param {HTMLElement} element
   * @param {(isMore: boolean) => void} onMore whether something came below that the reader has not seen
   */
  constructor(element, onMore) {
    this.#element = element;
    this.#onMore = onMore;
    listen(element, "scroll", () => this.#noticeReader(), { passive: true });
    // These come before the scrolling that they begin, which following would end.
    listen(element, "wheel", (/** @type {WheelEvent} */ event) => this.#noticeWheel(event), {
      passive: true,
    });
    listen(element, "keydown", (/** @type {KeyboardEvent} */ event) => this.#noticeKey(event));
    new ResizeObserver(() => this.#following && this.follow()).observe(element);
  }

  /** Shows the end, or tells that there is one out of sight. */
  follow() {
    if (this.#isSelected()) this.#following = false;
    if (!this.#following) {
      if (this.#distance() >= NEAR_PX) this.#onMore(true);
      return;
    }
    const { scrollHeight, clientHeight } = this.#element;
    const end = scrollHeight - clientHeight;
    const most = this.#held?.() ?? end;
    this.#scrollTo(Math.min(end, most));
    if (end - most < NEAR_PX) return;
    this.#following = false;
    this.#onMore(true);
  }

  /**
   * Goes to the end, and follows it from there.
   *
   * @param {(() => number) | null} [held] tells how far at most, for this time
   */
  jump(held = null) {
    this.#following = true;
    this.#held = held;
    this.#onMore(false);
    const { scrollHeight, clientHeight } = this.#element;
    this.#scrollTo(scrollHeight - clientHeight);
  }

  /** @param {number} top */
  #scrollTo(top) {
    this.#element.scrollTop = top;
    this.#top = this.#element.scrollTop;
  }

  #distance() {
    const { scrollTop, scrollHeight, clientHeight } = this.#element;
    return scrollHeight - clientHeight - scrollTop;
  }

  #noticeReader() {
    const { scrollTop } = this.#element;
    if (scrollTop === this.#top) return;
    const isUp = scrollTop < this.#top;
    this.#top = scrollTop;
    // The smallest move up counts, or slow scrolling would be pulled back at every frame.
    this.#following = this.#distance() < (isUp ? 1 : NEAR_PX);
    if (!this.#following) return;
    this.#onMore(false);
    // Where the text has become shorter, it was nobody's wish to be at the end.
    if (!isUp) this.#held = null;
  }

  /** @param {WheelEvent} event */
  #noticeWheel({ deltaY, ctrlKey }) {
    if (deltaY < 0 && !ctrlKey && this.#element.scrollTop > 0) this.#following = false;
  }

  /** @param {KeyboardEvent} event */
  #noticeKey({ key, target }) {
    if (target === this.#element && KEYS_UP.has(key) && this.#element.scrollTop > 0) this.#following = false;
  }

  /** Scrolling would select more, or move away what is about to be copied. */
  #isSelected() {
    const selection = selectionAround(this.#element);
    const isOurs = selection?.anchorNode && this.#element.contains(selection.anchorNode);
    return Boolean(isOurs && !selection.isCollapsed);
  }
}
