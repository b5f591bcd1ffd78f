import { listen } from "../listen.js";

const NEAR_PX = 24;

/** Keeps the end of a scrolling element in sight, as long as its reader has not scrolled away from it. */
export class EndFollower {
  #element;
  #following = true;
  #top = 0;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
    listen(element, "scroll", () => this.#noticeReader(), { passive: true });
    new ResizeObserver(() => this.follow()).observe(element);
  }

  follow() {
    if (this.#following) this.#element.scrollTop = this.#element.scrollHeight;
  }

  jump() {
    this.#following = true;
    this.follow();
  }

  #noticeReader() {
    const { scrollTop, scrollHeight, clientHeight } = this.#element;
    const distance = scrollHeight - clientHeight - scrollTop;
    // The smallest move up counts, or slow scrolling would be pulled back at every frame.
    this.#following = distance < (scrollTop < this.#top ? 1 : NEAR_PX);
    this.#top = scrollTop;
  }
}
