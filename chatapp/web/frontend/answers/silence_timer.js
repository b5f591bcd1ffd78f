/** Aborts its signal when nothing was heard for a while: a dead line does not always say so. */
export class SilenceTimer {
  #controller = new AbortController();
  #heard = true;
  #interval;

  /** @param {number} limitMs it may take up to twice as long: one look per span is cheaper than a timer per piece */
  constructor(limitMs) {
    this.#interval = setInterval(() => this.#look(), limitMs);
  }

  get signal() {
    return this.#controller.signal;
  }

  heard() {
    this.#heard = true;
  }

  end() {
    clearInterval(this.#interval);
  }

  #look() {
    if (!this.#heard) this.#controller.abort();
    this.#heard = false;
  }
}
