import { BlockReader } from "./block_reader.js";
import { draw } from "./drawing.js";
import { patch } from "./patch.js";
import { blocksOf } from "./tree.js";

/** @typedef {import("./tree.js").Node} Shown */

/** The page has at least that many times as long for other things as for writing. */
const REST = 8;

/**
 * Writes Markdown into an element while it comes, at most once a frame, however small the pieces.
 * What is finished is never touched again: it can be selected and copied while the rest is still being written.
 */
export class MarkdownWriter {
  #element;
  #reader = new BlockReader();
  #waiting = "";
  #frame = 0;
  #restsUntil = 0;
  #finished = 0;
  /** @type {Shown[]} */
  #open = [];
  /** Where the rest stands as it was written. @type {HTMLElement | null} */
  #plain = null;
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
    this.#frame ||= requestAnimationFrame(() => this.#onFrame());
  }

  /** Shows at once what still waits for its frame; a hidden page has none. */
  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#waiting !== "") this.#show(false);
  }

  /** Shows all of the text, as nothing more is expected: what is open in it is taken for finished. */
  end() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#show(true);
  }

  /** @param {boolean} isWhole */
  #show(isWhole) {
    const beganAt = performance.now();
    const text = this.#waiting;
    this.#waiting = "";
    const unfinished = this.#reader.open + text;
    try {
      if (this.#plain) this.#plain.append(text);
      else this.#put(this.#reader.read(text, isWhole));
    } catch {
      this.#putPlainly(unfinished);
    }
    this.#onWritten();
    const now = performance.now();
    this.#restsUntil = now + REST * (now - beganAt);
  }

  /** @param {ReturnType<BlockReader["read"]>} blocks */
  #put({ finished, open }) {
    const done = blocksOf(finished);
    const shown = blocksOf(open);
    patch(this.#element, this.#open, [...done, ...shown], this.#draw, this.#finished);
    this.#finished += done.length;
    this.#open = shown;
  }

  /**
   * Shows what cannot be shown as Markdown, for whatever reason: an answer is there to be read, and must not take the
   * others with it.
   *
   * @param {string} unfinished
   */
  #putPlainly(unfinished) {
    this.#plain = document.createElement("p");
    this.#plain.className = "plain";
    this.#plain.dir = "auto";
    this.#plain.append(unfinished);
    const kept = [...this.#element.childNodes].slice(0, this.#finished);
    this.#element.replaceChildren(...kept, this.#plain);
  }

  /** @type {import("./patch.js").Draw} */
  #draw = async (element, shown) => {
    if (await draw(element, shown)) this.#onWritten();
  };

  #onFrame() {
    if (performance.now() < this.#restsUntil) this.#frame = requestAnimationFrame(() => this.#onFrame());
    else this.flush();
  }
}
