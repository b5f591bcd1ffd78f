import { part } from "./part.js";
import { words } from "./words.js";

const THANKS_MS = 2000;

/** A text with a button that copies it; where the browser does not let it, the text is marked instead. */
export class CopyBox {
  #text;
  #button;
  #timer = 0;

  /**
   * @param {HTMLElement} root
   * @param {string[]} pieces of the text; a line may end between them
   */
  constructor(root, pieces) {
    this.#text = part(root, "[data-part=copied-text]");
    for (const piece of pieces) this.#text.append(piece, document.createElement("wbr"));
    this.#button = part(root, "[data-action=copy]");
    this.#button.addEventListener("click", () => this.#copy());
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#text.textContent ?? "");
      this.#thank();
    } catch {
      getSelection()?.selectAllChildren(this.#text);
    }
  }

  #thank() {
    if (this.#timer !== 0) return;
    const label = [...this.#button.childNodes];
    this.#button.textContent = words.copied;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#button.replaceChildren(...label);
    }, THANKS_MS);
  }
}
