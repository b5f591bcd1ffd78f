/**
 * Writes text into an element, at most once a frame, however small the pieces come.
 * Each frame adds a node of its own: adding to one growing node would copy its whole text every time.
 */
export class TextWriter {
  #element;
  #waiting = "";
  #frame = 0;
  #onWritten;

  /**
   * @param {HTMLElement} element
   * @param {() => void} onWritten
   */
  constructor(element, onWritten) {
    this.#element = element;
    this.#onWritten = onWritten;
  }

  /** @param {string} text */
  write(text) {
    this.#waiting += text;
    this.#frame ||= requestAnimationFrame(() => this.flush());
  }

  /** Shows at once what still waits for its frame; a hidden page has none. */
  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#waiting === "") return;
    this.#element.append(this.#waiting);
    this.#waiting = "";
    this.#onWritten();
  }

  clear() {
    this.#waiting = "";
    this.flush();
    this.#element.replaceChildren();
  }
}
