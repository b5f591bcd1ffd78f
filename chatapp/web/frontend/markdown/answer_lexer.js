import { Lexer } from "marked";
import {
  formulaAt,
  mayHoldFormula,
  nextLineOfFormula,
  nextOpener,
  paragraphOfFormula,
  withoutFormulas,
} from "./formulas.js";

/**
 * @typedef {import("marked").Token} Token
 * @typedef {import("marked").MarkedOptions} Options
 * @typedef {{ lexer: AnswerLexer }} Reading
 */

/** @type {Options} */
const PLAIN = { gfm: true };
/** Costs more, so it is for texts that may hold a formula alone. */
const WITH_FORMULAS = /** @type {Options} */ (
  /** @type {unknown} */ ({
    ...PLAIN,
    extensions: {
      startBlock: [nextLineOfFormula],
      block: [readParagraph],
      startInline: [nextOpener],
      inline: [readFormula],
      renderers: {},
      childTokens: {},
    },
    hooks: { emStrongMask: mask },
  })
);

/** Makes tokens of Markdown with formulas: CommonMark, GitHub's additions, `$$…$$`, `\(…\)` and `\[…\]`. */
export class AnswerLexer extends Lexer {
  #text;
  #isWhole;
  #line = "";

  /**
   * @param {string} text
   * @param {boolean} isWhole whether nothing follows it, so that what is open in it will never be closed
   */
  constructor(text, isWhole) {
    super(mayHoldFormula(text) ? WITH_FORMULAS : PLAIN);
    this.#text = text;
    this.#isWhole = isWhole;
  }

  /** What is being read for emphases, links and the like. */
  get line() {
    return this.#line;
  }

  /**
   * @override
   * @param {string} text
   * @param {Token[]} [tokens]
   */
  inlineTokens(text, tokens) {
    const around = this.#line;
    this.#line = text;
    try {
      return super.inlineTokens(text, tokens);
    } finally {
      this.#line = around;
    }
  }

  /**
   * Returns what is made of the beginning of a longer text, with nothing in it taken as closed by what follows.
   *
   * @param {string} text
   */
  beginningTokens(text) {
    const [whole, isWhole] = [this.#text, this.#isWhole];
    [this.#text, this.#isWhole] = [text, false];
    try {
      return this.inlineTokens(text);
    } finally {
      [this.#text, this.#isWhole] = [whole, isWhole];
    }
  }

  /**
   * Whether more of this text may come: it is what the whole text ends with, as far as can be told in lists and quotes.
   *
   * @param {string} text
   */
  mayGrow(text) {
    const end = text.trimEnd();
    return !this.#isWhole && this.#text.trimEnd().endsWith(end.slice(end.lastIndexOf("\n") + 1).trimStart());
  }
}

/**
 * @this {Reading}
 * @param {string} text
 * @returns {Token | undefined}
 */
function readParagraph(text) {
  const found = paragraphOfFormula(text);
  if (found === null || (found.formula.open && !this.lexer.mayGrow(text))) return undefined;
  const { raw, formula } = found;
  const words = raw.trim();
  return { type: "paragraph", raw, text: words, tokens: this.lexer.inline(words), open: formula.open };
}

/**
 * @this {Reading}
 * @param {string} text
 * @param {Token[]} before
 * @returns {Token | undefined}
 */
function readFormula(text, before) {
  const formula = before.at(-1)?.raw.endsWith("$") ? null : formulaAt(text);
  if (formula === null || (formula.open && !this.lexer.mayGrow(text))) return undefined;
  return formula;
}

/**
 * @this {Reading}
 * @param {string} masked
 */
function mask(masked) {
  return withoutFormulas(this.lexer.line, masked);
}
