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
