/** @typedef {{ data: string, id?: string | undefined }} StreamEvent */

const LINE_END = /\r\n|\n|\r(?=[\s\S])/;

/**
 * Yields each event of a `text/event-stream` body, wherever the network split it.
 * Leaving the loop early closes the connection.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} [onBytes] called whenever anything came, comments too
 * @returns {AsyncGenerator<StreamEvent, void, void>}
 */
export async function* readEvents(body, onBytes = () => {}) {
  const parser = new EventParser();
  const decoder = /** @type {ReadableWritablePair<string, Uint8Array>} */ (new TextDecoderStream());
  const reader = body.pipeThrough(decoder).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      yield* parser.read(value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * Makes events of text, as the HTML standard says (9.2.6, "Interpreting an event stream"), but for what no server of ours
 * sends: names of events, and times to wait. An id belongs to its own event alone.
 */
class EventParser {
  #rest = "";
  /** Of the rest: asking that itself would copy it whole each time, and it may come in many pieces. */
  #lastCharacter = "";
  /** @type {string[]} */
  #data = [];
  /** @type {string | undefined} */
  #id;

  /**
   * @param {string} text not empty
   * @returns {Generator<StreamEvent, void, void>} the events that end in it
   */
  *read(text) {
    const isWithinLine = !/[\r\n]/.test(text) && this.#lastCharacter !== "\r";
    this.#lastCharacter = text.slice(-1);
    this.#rest += text;
    if (isWithinLine) return;
    const lines = this.#rest.split(LINE_END);
    this.#rest = /** @type {string} */ (lines.pop());
    for (const line of lines) {
      if (line !== "") this.#take(line);
      else if (this.#data.length > 0) yield this.#whole();
      else this.#id = undefined;
    }
  }

  /** @param {string} line a field; one without a name is a comment */
  #take(line) {
    const [, name, value = ""] = /** @type {RegExpExecArray} */ (/^([^:]*)(?:: ?([\s\S]*))?$/.exec(line));
    if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
  }

  #whole() {
    const event = { data: this.#data.join("\n"), id: this.#id };
    this.#data = [];
    this.#id = undefined;
    return event;
  }
}
