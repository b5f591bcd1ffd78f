import { totalOf, wordsOf } from "../conversation/conversation_total.js";
import { dollars } from "../conversation/money.js";
import { PromptSize } from "../conversation/prompt_size.js";
import { texts } from "../texts.js";
import { part } from "./part.js";

/**
 * @typedef {import("../conversation/branch.js").Branch} Branch
 * @typedef {import("../conversation/branch.js").Change} Change
 * @typedef {import("../conversation/tariff.js").Tariff} Tariff
 */

const LONG_CHARACTERS = 4_000;
const PAUSE_MS = 150;

/** @type {readonly Change[]} */
const CHANGES = ["opened", "cleared", "prepended", "added", "cut", "changed", "described"];

/**
 * The line under the message box: what the message that is being written would cost, or, while there is none, what
 * the conversation has cost. It asks the server nothing.
 */
export class CostLine {
  #element;
  #draftPart;
  #totalPart;
  #isFake;
  #branch;
  #tariff;
  #size;
  #draft = "";
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;

  /**
   * @param {HTMLElement} element
   * @param {Branch} branch
   * @param {() => Tariff} tariff
   */
  constructor(element, branch, tariff) {
    this.#element = element;
    this.#draftPart = part(element, "[data-part=draft-cost]");
    this.#totalPart = part(element, "[data-part=total]");
    this.#isFake = element.dataset.fake === "true";
    this.#branch = branch;
    this.#tariff = tariff;
    this.#size = new PromptSize(branch, Number(element.dataset.instructionTokens));
    for (const change of CHANGES) branch.on(change, () => this.refresh());
  }

  /** @param {string} draft */
  write(draft) {
    this.#draft = draft.trim() === "" ? "" : draft;
    clearTimeout(this.#pause);
    // A long text is read again once its writer pauses, not at each key.
    const canWait = draft.length > LONG_CHARACTERS && this.#draftPart.textContent !== "";
    if (canWait) this.#pause = setTimeout(() => this.refresh(), PAUSE_MS);
    else this.refresh();
  }

  /** Shows the line anew with the next frame. */
  refresh() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#show());
  }

  #show() {
    const isWriting = this.#draft !== "";
    this.#element.dataset.writing = String(isWriting);
    this.#draftPart.textContent = isWriting ? this.#draftWords() : "";
    if (!isWriting) this.#totalPart.textContent = this.#totalWords();
  }

  #draftWords() {
    const { tokens, isWhole } = this.#size.with(this.#draft);
    const count = texts.tokens(tokens);
    if (this.#isFake) return texts.draftFree(isWhole ? texts.about(count) : texts.atLeast(count));
    if (!isWhole) return texts.draftTokens(texts.atLeast(count));
    const most = this.#tariff().most(tokens);
    const about = texts.about(count);
    return most === null ? texts.draftTokens(about) : texts.draftMost(about, dollars(most, "up"));
  }

  #totalWords() {
    const { messages, before } = this.#branch;
    return wordsOf(totalOf(messages), { isWhole: before === null, isFake: this.#isFake });
  }
}
