import { createParser } from "eventsource-parser";

/** @typedef {{ data: string, id?: string | undefined }} StreamEvent */

/**
 * Yields each event of a `text/event-stream` body, wherever the network split it.
 * Leaving the loop early closes the connection.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} [onBytes] called whenever anything came, comments too
 * @returns {AsyncGenerator<StreamEvent, void, void>}
 */
export async function* readEvents(body, onBytes = () => {}) {
  /** @type {StreamEvent[]} */
  const ready = [];
  const parser = createParser({ onEvent: (event) => ready.push(event) });
  const decoder = /** @type {ReadableWritablePair<string, Uint8Array>} */ (new TextDecoderStream());
  const reader = body.pipeThrough(decoder).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      parser.feed(value);
      yield* ready.splice(0);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
