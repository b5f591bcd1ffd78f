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
 * @property {(sentences: string) => void} onRefused told of all that were not taken
 */

/** Takes text files into a message: chosen with a button, let go over the chat, or pasted. */
class TextFiles {
  #options;
  #dropPlace;
  #whole;

  /**
   * @param {HTMLElement} form
   * @param {HTMLElement} dropPlace
   * @param {TextFilesOptions} options
   */
  constructor(form, dropPlace, options) {
    this.#options = options;
    this.#dropPlace = dropPlace;
    // A file that is let go beside the chat would take the page's place. Around the widget, its site decides.
    this.#whole = dropPlace.matches("main") ? document : dropPlace;
    const chooser = /** @type {HTMLInputElement} */ (part(form, "[data-part=text-files]"));
    const attach = /** @type {HTMLButtonElement} */ (part(form, "[data-action=attach]"));
    listen(attach, "click", () => chooser.click());
    listen(chooser, "change", () => this.#takeChosen(chooser));
    listen(this.#whole, "dragover", (/** @type {DragEvent} */ event) => this.#invite(event));
    listen(this.#whole, "dragleave", (/** @type {DragEvent} */ event) => this.#leave(event));
    listen(this.#whole, "drop", (/** @type {DragEvent} */ event) => this.#takeDropped(event));
    listen(form, "paste", (/** @type {ClipboardEvent} */ event) => this.#takePasted(event));
    // Before this, a press of it would have been lost.
    attach.disabled = false;
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
    if (!this.#whole.contains(/** @type {Node | null} */ (relatedTarget))) this.#rest();
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
    /** @type {string[]} */
    const refusals = [];
    for (const file of files) {
      const text = await this.#read(file, refusals);
      if (text !== null) this.#options.onText(quoted(file.name, text));
    }
    if (refusals.length > 0) this.#options.onRefused(refusals.join(" "));
  }

  /**
   * @param {File} file
   * @param {string[]} refusals takes up why it is not taken
   */
  async #read(file, refusals) {
    const { mostCharacters } = this.#options;
    // What is surely too long is not even read.
    const isHuge = file.size > mostCharacters * MOST_BYTES_A_CHARACTER;
    const text = isHuge ? "" : await textOf(file);
    if (text === null) refusals.push(texts.noText(file.name));
    else if (isHuge || charactersIn(text) > mostCharacters)
      refusals.push(texts.bigFile(file.name, mostCharacters));
    else return text;
    return null;
  }
}

/**
 * Has text files taken into the message of a form.
 *
 * @param {HTMLElement} form
 * @param {HTMLElement} dropPlace where files can be let go
 * @param {TextFilesOptions} options
 */
export function takeFiles(form, dropPlace, options) {
  new TextFiles(form, dropPlace, options);
}
