/**
 * Tenths of a token that a character may take, by its kind. The server's estimate, `chatapp/adapters/estimator.py`,
 * counts the same, and tells how far it errs on the high side; the tests of both have the same examples.
 */
const [SPACE, SMALL_LETTER, CAPITAL, DIGIT, MARK] = [1, 4, 13, 10, 10];
const [TWO_BYTES, THREE_BYTES, FOUR_BYTES] = [10, 18, 32];
/** Only letters take the space before them along. */
const LONE_DIGIT = 10;

const ASCII = Uint8Array.from({ length: 0x80 }, (_, code) => asciiTenths(String.fromCharCode(code)));

/**
 * An estimate from above of how many tokens `text` has, for any model.
 *
 * @param {string} text
 */
export function estimatedTokens(text) {
  let tenths = 0;
  let afterSpace = false;
  for (let place = 0; place < text.length; place += 1) {
    const code = text.charCodeAt(place);
    if (code < 0x80) {
      tenths += /** @type {number} */ (ASCII[code]);
      if (afterSpace && code >= 0x30 && code <= 0x39) tenths += LONE_DIGIT;
    } else if (code < 0x800) tenths += TWO_BYTES;
    else if (isPair(code, text.charCodeAt(place + 1))) {
      tenths += FOUR_BYTES;
      place += 1;
    } else tenths += THREE_BYTES;
    afterSpace = code === 0x20;
  }
  return Math.ceil(tenths / 10);
}

/**
 * @param {number} code
 * @param {number} next
 */
function isPair(code, next) {
  return (code & 0xfc00) === 0xd800 && (next & 0xfc00) === 0xdc00;
}

/** @param {string} character */
function asciiTenths(character) {
  if (character === " ") return SPACE;
  if (/[a-z]/.test(character)) return SMALL_LETTER;
  if (/[A-Z]/.test(character)) return CAPITAL;
  return /\d/.test(character) ? DIGIT : MARK;
}
