/**
 * A formula in a text. One that is `open` is still being written: nothing closes it yet.
 *
 * @typedef {{ type: "formula", raw: string, text: string, display: boolean, open: boolean }} Formula
 */

/** One dollar is money. @type {Readonly<Record<string, string>>} */
const CLOSERS = { $$: "$$", "\\(": "\\)", "\\[": "\\]" };
const OPENER = /\$\$|\\[([]/;
const STEP = /\\[\s\S]|\$\$+|\n[ \t]*\n/g;
const LINE_OF_FORMULA = /^ {0,3}(?=\$\$|\\\[)/;
/** Or an empty line: what is behind it is another paragraph's. */
const FIRST_LINE_OF_FORMULA = /\n(?: {0,3}(?=\$\$|\\\[)|[ \t]*\n)/;
const SOMETHING = /[\p{L}\p{N}]/u;
const LONGEST_CHARACTERS = 4000;

/** @param {string} text */
export function mayHoldFormula(text) {
  return OPENER.test(text);
}

/**
 * Returns where the next formula may begin, or -1.
 *
 * @param {string} text
 */
export function nextOpener(text) {
  return text.search(OPENER);
}

/**
 * Returns where the paragraph that the text begins with may end with a formula on a line by itself, or -1.
 *
 * @param {string} text
 */
export function nextLineOfFormula(text) {
  const found = FIRST_LINE_OF_FORMULA.exec(text);
  return found === null || (found[0].length > 1 && found[0].endsWith("\n")) ? -1 : found.index;
}

/**
 * Reads the formula that a text begins with. There is no empty line in it and no other formula, but
 * a letter or a digit.
 *
 * @param {string} text
 * @returns {Formula | null}
 */
export function formulaAt(text) {
  const opener = text.slice(0, 2);
  const closer = CLOSERS[opener];
  if (closer === undefined || text.startsWith("$$$")) return null;
  const bounded = text.slice(0, LONGEST_CHARACTERS);
  STEP.lastIndex = opener.length;
  for (let step = STEP.exec(bounded); step; step = STEP.exec(bounded)) {
    const [mark] = step;
    if (mark === closer) return closed(text.slice(0, STEP.lastIndex));
    if (mark.startsWith("\n") || OPENER.test(mark)) return null;
  }
  if (text.length > LONGEST_CHARACTERS) return null;
  return { type: "formula", raw: text, text: text.slice(2), display: opener !== "\\(", open: true };
}

/**
 * Reads the paragraph that a formula begins: to the end of the line on which the formula ends. So nothing in it
 * is taken for a list or a heading.
 *
 * @param {string} text
 * @returns {{ raw: string, formula: Formula } | null}
 */
export function paragraphOfFormula(text) {
  const indent = LINE_OF_FORMULA.exec(text)?.[0];
  if (indent === undefined) return null;
  const formula = formulaAt(text.slice(indent.length));
  if (formula === null) return null;
  const end = text.indexOf("\n", indent.length + formula.raw.length);
  return { raw: end < 0 ? text : text.slice(0, end + 1), formula };
}

/**
 * Returns the text with its formulas made unreadable, so that no mark in them counts outside of them.
 *
 * @param {string} text
 * @param {string} masked the same, where code and the like are a row of `a` already
 */
export function withoutFormulas(text, masked) {
  let shown = masked;
  for (let place = 0; place < text.length; ) {
    const next = nextOpener(text.slice(place));
    if (next < 0) break;
    place += next;
    const formula = masked[place] === "a" ? null : formulaAt(text.slice(place));
    const end = place + (formula && !formula.open ? formula.raw.length : 2);
    if (end > place + 2) shown = shown.slice(0, place) + "a".repeat(end - place) + shown.slice(end);
    place = end;
  }
  return shown;
}

/**
 * @param {string} raw
 * @returns {Formula | null}
 */
function closed(raw) {
  const text = raw.slice(2, -2);
  if (!SOMETHING.test(text)) return null;
  return { type: "formula", raw, text, display: !raw.startsWith("\\("), open: false };
}
