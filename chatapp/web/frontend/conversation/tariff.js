const TOKENS_PER_MILLION = 1_000_000n;
const WHOLE = /^\d+$/;

/** What a model costs, as the page says it, and how long its answers may be. */
export class Tariff {
  #input;
  #output;
  #cap;
  #long;

  /** @param {DOMStringMap | Record<string, string | undefined>} data of the element that stands for the model */
  constructor(data) {
    const [input, write] = [whole(data.inputNanoUsd), whole(data.cacheWriteNanoUsd) ?? 0n];
    // Nobody knows before whether the provider writes a prompt to its cache.
    this.#input = input !== null && write > input ? write : input;
    this.#output = whole(data.outputNanoUsd);
    this.#cap = whole(data.maxOutputTokens);
    const above = whole(data.longPromptAbove);
    this.#long =
      above === null ? null : { above, input: percent(data.longInput), output: percent(data.longOutput) };
  }

  /**
   * The most that one answer to so long a prompt can cost, in nano-dollars; null where the price is not known.
   *
   * @param {number} promptTokens
   */
  most(promptTokens) {
    if (this.#input === null || this.#output === null || this.#cap === null) return null;
    const prompt = BigInt(promptTokens);
    const isLong = this.#long !== null && prompt > this.#long.above;
    const [inputPercent, outputPercent] =
      isLong && this.#long ? [this.#long.input, this.#long.output] : [100n, 100n];
    const money = prompt * this.#input * inputPercent + this.#cap * this.#output * outputPercent;
    const unit = 100n * TOKENS_PER_MILLION;
    return (money + unit - 1n) / unit;
  }
}

/** @param {string | undefined} digits */
function whole(digits) {
  return digits !== undefined && WHOLE.test(digits) ? BigInt(digits) : null;
}

/** @param {string | undefined} digits */
function percent(digits) {
  return whole(digits) ?? 100n;
}
