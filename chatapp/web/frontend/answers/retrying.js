import { AnswerError } from "./answer_error.js";
import { saysOffline } from "./offline.js";
import { Pauses } from "./pauses.js";

/** Does the same again, with pauses, for as long as what goes wrong may pass and patience lasts. */
export class Retrying {
  #pauses;
  #now;
  #isOffline;

  /**
   * @param {Pick<Pauses, "wait">} [pauses]
   * @param {() => number} [now] in milliseconds
   * @param {() => boolean} [isOffline] whether it is known that no try can help yet
   */
  constructor(pauses = new Pauses(), now = () => performance.now(), isOffline = saysOffline) {
    this.#pauses = pauses;
    this.#now = now;
    this.#isOffline = isOffline;
  }

  /**
   * Returns what `action` returns in the end. It calls `proceed` whenever it got further, which renews the patience.
   * Rejects with the last AnswerError, or with the reason of `signal` once that is aborted.
   *
   * @template T
   * @param {(proceed: () => void) => Promise<T>} action
   * @param {{ signal: AbortSignal, patienceMs: number, onBroken: () => void }} options
   * @returns {Promise<T>}
   */
  async run(action, { signal, patienceMs, onBroken }) {
    let tries = 0;
    let since = this.#now();
    const proceed = () => {
      tries = 0;
      since = this.#now();
    };
    for (;;) {
      try {
        return await action(proceed);
      } catch (error) {
        signal.throwIfAborted();
        const passes = error instanceof AnswerError && error.passes;
        // Without a network, waiting takes no patience: what was sent goes out when it is back.
        if (this.#isOffline()) since = this.#now();
        if (!passes || this.#now() - since > patienceMs) throw error;
        onBroken();
        tries += 1;
        await this.#pauses.wait(tries, signal);
      }
    }
  }
}
