import { Lexer, Tokenizer } from "marked";
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
 * @typedef {import("marked").Tokens.Code & { open?: boolean }} Code one that is `open` is still being written
 */

/** What is nested deeper stands there as it was written: nobody means it, and reading it could fill the stack. */
const DEEPEST = 50;
/**
 * How often each character may be read on the way down, all in all: quotes whose lines go out a level at a time are read
 * twice at each of them.
 */
const READINGS = 30;
/**
 * How many characters may be read for ends of emphases that there are none of, however short the text, and for each of
 * its characters: else every mark that opens one would have all behind it read.
 */
const IN_VAIN = { atLeast: 300_000, each: 20 };
const OPENS_EMPHASIS = /^(?:\*+[^\s*]|_+[^\s_])/;
const OPENS_DELETION = /^~~?[^\s~]/;
const CLOSED_FENCE = /^ {0,3}(`{3,}(?!`)|~{3,}(?!~))[\s\S]*\n {0,3}\1[`~]*[ \t]*\n*$/;
const IN_WORD = /[\p{L}\p{N}]$/u;

/** Gives up looking for the ends of emphases where that takes too long, and tells whether code is still being written. */
class PatientTokenizer extends Tokenizer {
  /**
   * @override
   * @param {string} text
   * @returns {Code | undefined}
   */
  fences(text) {
    const code = super.fences(text);
    const lexer = /** @type {AnswerLexer} */ (this.lexer);
    return code && { ...code, open: !CLOSED_FENCE.test(code.raw) && lexer.mayGrow(code.raw) };
  }

  /**
   * @override
   * @param {string} text
   * @param {string} masked
   * @param {string} before
   */
  emStrong(text, masked, before) {
    const isOne = OPENS_EMPHASIS.test(text) && !(text.startsWith("_") && IN_WORD.test(before));
    return isOne ? this.#tried(text, () => super.emStrong(text, masked, before)) : undefined;
  }

  /**
   * @override
   * @param {string} text
   * @param {string} masked
   * @param {string} before
   */
  del(text, masked, before) {
    const isOne = OPENS_DELETION.test(text);
    return isOne ? this.#tried(text, () => super.del(text, masked, before)) : undefined;
  }

  /**
   * @template Found
   * @param {string} text
   * @param {() => Found | undefined} find
   */
  #tried(text, find) {
    const lexer = /** @type {AnswerLexer} */ (this.lexer);
    if (lexer.isTired) return undefined;
    const found = find();
    if (!found) lexer.readInVain(text.length);
    return found;
  }
}

/** @type {Options} */
const PLAIN = { gfm: true, tokenizer: new PatientTokenizer() };
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
  #depth = 0;
  #readings;
  #patience;

  /**
   * @param {string} text
   * @param {boolean} isWhole whether nothing follows it, so that what is open in it will never be closed
   */
  constructor(text, isWhole) {
    super(mayHoldFormula(text) ? WITH_FORMULAS : PLAIN);
    this.#text = text;
    this.#isWhole = isWhole;
    this.#readings = READINGS * text.length;
    this.#patience = IN_VAIN.atLeast + IN_VAIN.each * text.length;
  }

  /** Whether it has looked long enough for what is not there. */
  get isTired() {
    return this.#patience <= 0;
  }

  /** @param {number} characters */
  readInVain(characters) {
    this.#patience -= characters;
  }

  /** What is being read for emphases, links and the like. */
  get line() {
    return this.#line;
  }

  /**
   * @override
   * @param {string} text
   * @param {any} [tokens] where they are added, also to those of the line before
   * @param {boolean} [goesOn]
   */
  blockTokens(text, tokens = [], goesOn) {
    this.#readings -= text.length;
    if (this.#depth > DEEPEST || this.#readings < 0) {
      addText(tokens, text);
      this.state.top = true; // as it is after every other block
      return tokens;
    }
    return this.#below(() => super.blockTokens(text, tokens, goesOn));
  }

  /**
   * @override
   * @param {string} text
   * @param {Token[]} [tokens]
   */
  inlineTokens(text, tokens = []) {
    if (this.#depth > DEEPEST) {
      tokens.push({ type: "text", raw: text, text });
      return tokens;
    }
    const around = this.#line;
    this.#line = text;
    try {
      return this.#below(() => super.inlineTokens(text, tokens));
    } finally {
      this.#line = around;
    }
  }

  /**
   * @template Result
   * @param {() => Result} read
   */
  #below(read) {
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
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
 * Adds a paragraph in which no mark means anything, or more of such a one.
 *
 * @param {Token[]} tokens
 * @param {string} text
 */
function addText(tokens, text) {
  if (text.trim() === "") return;
  const last = tokens.at(-1);
  const before = last?.type === "plain" ? `${last.raw}\n` : "";
  if (before) tokens.pop();
  tokens.push({ type: "plain", raw: before + text });
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
