import { AnswerError } from "./answer_error.js";

const [FIRST_LOW, LAST_LOW] = [0xdc00, 0xdfff];

/** How much of an answer is known, in characters as the server counts them: code points, not halves of pairs. */
export class Place {
  #characters;

  /** @param {number} characters */
  constructor(characters) {
    this.#characters = characters;
  }

  get characters() {
    return this.#characters;
  }

  /**
   * Returns what is new in a piece that ends behind `end` characters: the wire may bring again what is known.
   *
   * @param {string} piece
   * @param {number} end
   */
  take(piece, end) {
    const known = this.#characters - (end - charactersIn(piece));
    // A piece from further on would leave a gap: whoever asks again from this place gets what is missing.
    if (!(known >= 0)) throw AnswerError.lost();
    this.#characters = Math.max(this.#characters, end);
    return known === 0 ? piece : [...piece].slice(known).join("");
  }
}

/** @param {string} text */
export function charactersIn(text) {
  let count = text.length;
  for (let place = 0; place < text.length; place += 1) {
    const unit = text.charCodeAt(place);
    if (unit >= FIRST_LOW && unit <= LAST_LOW) count -= 1;
  }
  return count;
}
