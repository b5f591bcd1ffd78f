/** Bodies and answers as a server would send them, for tests. */

const encoder = new TextEncoder();

/**
 * A body that brings `pieces` one by one; afterwards it ends, breaks, or stays open.
 *
 * @param {(string | Uint8Array)[]} pieces
 * @param {"end" | "break" | "stay"} [afterwards]
 * @param {() => void} [onCancel]
 */
export function body(pieces, afterwards = "end", onCancel = () => {}) {
  const left = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = left.shift();
      if (piece !== undefined) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      else if (afterwards === "end") controller.close();
      else if (afterwards === "break") controller.error(new TypeError("network error"));
      else return new Promise(() => {});
    },
    cancel: onCancel,
  });
}

/** @param {unknown} data */
export function event(data) {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/**
 * What the server sends of an answer to those who know its first `known` characters, in pieces of `size`.
 *
 * @param {string} answer
 * @param {number} known
 * @param {number} [size]
 * @param {object} [more] what else the last event says
 */
export function wireOf(answer, known, size = 3, more = {}) {
  const characters = [...answer];
  let wire = event({ reply: { state: "running" } });
  for (let begin = known; begin < characters.length; begin += size) {
    const end = Math.min(characters.length, begin + size);
    wire += `id: ${end}\n${event({ content: characters.slice(begin, end).join("") })}`;
  }
  return wire + event({ done: true, state: "complete", model: "gpt-4o", usage: null, cost: null, ...more });
}

/** Pauses that take no time, and remember how many tries there were. */
export class NoPauses {
  waited = [];

  async wait(tries, signal) {
    signal.throwIfAborted();
    this.waited.push(tries);
    await new Promise(setImmediate);
    signal.throwIfAborted();
  }
}
