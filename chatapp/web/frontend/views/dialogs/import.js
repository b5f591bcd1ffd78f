import { AnswerError } from "../../answers/answer_error.js";
import { upload } from "../../api/file_upload.js";
import { kindOf } from "../../list/file_kind.js";
import { listen } from "../../listen.js";
import { texts } from "../../texts.js";
import { part } from "../part.js";
import { openDialog } from "./dialog.js";

/** @typedef {{ conversations: number, messages: number, known: number, left_out: LeftOut[] }} Imported */
/** @typedef {{ path: string, reason: string }} LeftOut */

/** Brings in a file, and shows how far it is and what became of it. Closing the dialog ends it. */
export class Import {
  #dialog = openDialog("import");
  #bar = /** @type {HTMLProgressElement} */ (part(this.#dialog, "progress"));
  #said = part(this.#dialog, "[data-part=said]");
  #left = new AbortController();

  constructor() {
    listen(this.#dialog, "close", () => this.#left.abort());
  }

  /** @param {File} file */
  async bringIn(file) {
    part(this.#dialog, "[data-part=file]").textContent = file.name;
    try {
      this.#show(await this.#send(file));
    } catch (error) {
      if (this.#left.signal.aborted) return;
      this.#say(error instanceof AnswerError ? error.problem.reason : texts.unreadable);
    } finally {
      this.#bar.hidden = true;
      part(this.#dialog, "[data-action=close]").textContent = texts.close;
    }
  }

  /**
   * @param {File} file
   * @returns {Promise<Imported>}
   */
  async #send(file) {
    const type = await kindOf(file);
    if (type === "zip") throw new AnswerError({ reason: texts.zip, code: "zip" });
    return upload("/api/import", file, {
      type,
      signal: this.#left.signal,
      onProgress: (sent) => this.#showProgress(sent / file.size),
    });
  }

  /** @param {number} share */
  #showProgress(share) {
    this.#bar.value = share;
    // A line for each percent would keep a screen reader talking.
    const words = share < 1 ? texts.sending(Math.floor(share * 10) * 10) : texts.reading;
    if (this.#said.textContent !== words) this.#say(words);
  }

  /** @param {Imported} imported */
  #show({ conversations, messages, known, left_out: leftOut }) {
    const lines = [texts.imported(conversations, messages), known > 0 ? texts.known(known) : ""];
    this.#say(lines.filter(Boolean).join(" "));
    part(this.#dialog, "[data-part=left-out]").hidden = leftOut.length === 0;
    part(this.#dialog, "[data-part=entries]").append(...leftOut.map(entryOf));
  }

  /** @param {string} words */
  #say(words) {
    this.#said.textContent = words;
  }
}

/** @param {LeftOut} leftOut */
function entryOf({ path, reason }) {
  const entry = document.createElement("li");
  const place = document.createElement("code");
  place.textContent = path;
  entry.append(place, ` – ${reason}`);
  return entry;
}
