import { charactersIn } from "../answers/place.js";
import { quoted, textOf } from "../conversation/text_file.js";
import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { part } from "./part.js";

/** No character of UTF-8 is longer. */
const MOST_BYTES_A_CHARACTER = 4;

/**
 * @typedef {object} TextFilesOptions
 * @property {number} mostCharacters
 * @property {(text: string) => void} onText told of each file, in their order
 * @property {(sentence: string) => void} onRefused
 */

/** Takes text files into a message: chosen with a button, let go over the chat, or pasted. */
export class TextFiles {
  #options;
  #dropPlace;

  /**
   * @param {HTMLElement} form
   * @param {HTMLElement} dropPlace
   * @param {TextFilesOptions} options
   */
  constructor(form, dropPlace, options) {
    this.#options = options;
    this.#dropPlace = dropPlace;
    const chooser = /** @type {HTMLInputElement} */ (part(form, "[data-part=text-files]"));
    listen(part(form, "[data-action=attach]"), "click", () => chooser.click());
    listen(chooser, "change", () => this.#takeChosen(chooser));
    listen(dropPlace, "dragover", (/** @type {DragEvent} */ event) => this.#invite(event));
    listen(dropPlace, "dragleave", (/** @type {DragEvent} */ event) => this.#leave(event));
    listen(dropPlace, "drop", (/** @type {DragEvent} */ event) => this.#takeDropped(event));
    listen(form, "paste", (/** @type {ClipboardEvent} */ event) => this.#takePasted(event));
  }

  /** @param {HTMLInputElement} chooser */
  #takeChosen(chooser) {
    this.#take([...(chooser.files ?? [])]);
    // The same file, changed, can be chosen again.
    chooser.value = "";
  }

  /** @param {DragEvent} event */
  #invite(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    this.#dropPlace.dataset.dropping = "true";
  }

  /** @param {DragEvent} event */
  #leave({ relatedTarget }) {
    if (!this.#dropPlace.contains(/** @type {Node | null} */ (relatedTarget))) this.#rest();
  }

  /** @param {DragEvent} event */
  #takeDropped(event) {
    this.#rest();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    this.#take(files);
  }

  /** @param {ClipboardEvent} event */
  #takePasted(event) {
    const { clipboardData } = event;
    // Office programs bring a picture of the text along.
    if (!clipboardData?.files.length || clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    this.#take([...clipboardData.files]);
  }

  #rest() {
    delete this.#dropPlace.dataset.dropping;
  }

  /** @param {File[]} files */
  async #take(files) {
    for (const file of files) {
      const text = await this.#read(file);
      if (text !== null) this.#options.onText(quoted(file.name, text));
    }
  }

  /** @param {File} file */
  async #read(file) {
    const { mostCharacters, onRefused } = this.#options;
    // What is surely too long is not even read.
    const isHuge = file.size > mostCharacters * MOST_BYTES_A_CHARACTER;
    const text = isHuge ? "" : await textOf(file);
    if (text === null) onRefused(texts.noText(file.name));
    else if (isHuge || charactersIn(text) > mostCharacters)
      onRefused(texts.bigFile(file.name, mostCharacters));
    else return text;
    return null;
  }
}
