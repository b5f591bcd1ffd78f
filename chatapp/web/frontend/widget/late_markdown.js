/**
 * @typedef {import("../markdown/markdown_writer.js").MarkdownWriter} MarkdownWriter
 * @typedef {import("../views/messages/actions.js").Writer} Writer
 * @typedef {new (element: HTMLElement, onWritten: () => void) => Writer} WriterClass
 */

/** Markdown, which is loaded with the first answer; until then, and where it cannot be had, answers are plain text. */
export class LateMarkdown {
  #load;
  /** @type {WriterClass | null} */
  #writer = null;
  /** @type {Promise<WriterClass | null> | null} */
  #loading = null;

  /** @param {() => Promise<{ MarkdownWriter: WriterClass }>} load */
  constructor(load) {
    this.#load = load;
  }

  /**
   * @param {HTMLElement} element
   * @param {() => void} onWritten
   * @returns {Writer}
   */
  writerFor(element, onWritten) {
    if (this.#writer) return new this.#writer(element, onWritten);
    this.#loading ??= this.#loaded();
    return new PlainWriter(element, onWritten, this.#loading);
  }

  async #loaded() {
    try {
      this.#writer = (await this.#load()).MarkdownWriter;
    } catch {
      // The next answer tries again.
      this.#loading = null;
    }
    return this.#writer;
  }
}

/** Writes plain text until it is told how to write Markdown. */
class PlainWriter {
  #element;
  #onWritten;
  #text = "";
  #isWhole = false;
  /** @type {Writer | null} */
  #better = null;

  /**
   * @param {HTMLElement} element
   * @param {() => void} onWritten
   * @param {Promise<WriterClass | null>} better
   */
  constructor(element, onWritten, better) {
    this.#element = element;
    this.#onWritten = onWritten;
    better.then((writer) => writer && this.#improve(writer));
  }

  /** @param {string} text */
  write(text) {
    if (this.#better) return this.#better.write(text);
    this.#text += text;
    this.#element.append(text);
    this.#onWritten();
  }

  flush() {
    this.#better?.flush();
  }

  end() {
    this.#isWhole = true;
    this.#better?.end();
  }

  /** @param {WriterClass} writer */
  #improve(writer) {
    this.#element.replaceChildren();
    this.#better = new writer(this.#element, this.#onWritten);
    this.#better.write(this.#text);
    if (this.#isWhole) this.#better.end();
    else this.#better.flush();
  }
}
