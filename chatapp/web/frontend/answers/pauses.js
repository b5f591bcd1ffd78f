import { onWakeUp } from "./wake_ups.js";

/** Pauses between tries: they grow, differ by chance, and end at once when something speaks for a new try. */
export class Pauses {
  #firstMs;
  #mostMs;
  #random;
  #onWakeUp;
  #after;

  /**
   * @param {object} [options]
   * @param {number} [options.firstMs]
   * @param {number} [options.mostMs]
   * @param {() => number} [options.random] from 0 to 1
   * @param {(handler: () => void) => () => void} [options.wakeUps] tells when to try at once
   * @param {(handler: () => void, ms: number) => () => void} [options.after] calls a handler later
   */
  constructor({
    firstMs = 500,
    mostMs = 10_000,
    random = Math.random,
    wakeUps = onWakeUp,
    after = afterTime,
  } = {}) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#random = random;
    this.#onWakeUp = wakeUps;
    this.#after = after;
  }

  /**
   * Waits before the next try. Rejects with the reason of `signal` once that is aborted.
   *
   * @param {number} tries how many there were without success
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  async wait(tries, signal) {
    signal.throwIfAborted();
    /** @type {(() => void)[]} */
    const ends = [];
    try {
      await new Promise((resolve, reject) => {
        const abort = () => reject(signal.reason);
        const done = () => resolve(undefined);
        signal.addEventListener("abort", abort, { once: true });
        ends.push(
          () => signal.removeEventListener("abort", abort),
          this.#after(done, this.#length(tries)),
          this.#onWakeUp(done),
        );
      });
    } finally {
      for (const end of ends) end();
    }
  }

  /** @param {number} tries */
  #length(tries) {
    // Readers who were cut off together must not come back together.
    return Math.min(this.#mostMs, this.#firstMs * 2 ** (tries - 1)) * (0.75 + this.#random() / 2);
  }
}

/**
 * @param {() => void} handler
 * @param {number} ms
 */
function afterTime(handler, ms) {
  const timer = setTimeout(handler, ms);
  return () => clearTimeout(timer);
}
