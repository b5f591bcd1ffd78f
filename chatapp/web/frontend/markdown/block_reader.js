import { AnswerLexer } from "./answer_lexer.js";

/** @typedef {import("marked").Token} Token */

/** How much of a paragraph must stand open before some of it is worth setting aside. */
const LONG_CHARACTERS = 400;
/** Marks that can pair with one that is still to come. */
const OPENERS = /[*_~`[\]<\\&]/;

/**
 * Reads Markdown that is still being written, block by block.
 *
 * A block is finished once the one behind it has a whole line: until then, the next character may still make both one.
 * Finished blocks are handed out once. What is open is read anew each time, so reading costs as much as the last block
 * is long; of a long paragraph, what can no longer change is set aside too.
 */
export class BlockReader {
  #open = "";
  #paragraph = new OpenParagraph();
  /** Definitions of links hold for the whole answer. @type {import("marked").Links} */
  #links = Object.create(null);

  /** What is not finished yet. */
  get open() {
    return this.#open;
  }

  /**
   * Takes more text; returns the blocks that it finished, and those that are open.
   *
   * @param {string} text
   * @param {boolean} [isWhole] whether no more is expected, so that what is open in it will hardly be closed
   * @returns {{ finished: Token[], open: Token[] }}
   */
  read(text, isWhole = false) {
    this.#open += text.replaceAll("\r", "");
    const lexer = new AnswerLexer(this.#open, isWhole);
    lexer.tokens.links = Object.assign(Object.create(null), this.#links);
    const blocks = /** @type {Token[]} */ (lexer.blockTokens(this.#open, lexer.tokens));
    const settled = this.#settled(blocks);
    const finished = blocks.slice(0, settled);
    const open = blocks.slice(settled);
    if (settled > 0) {
      this.#open = this.#open.slice(lengthOf(finished));
      this.#define(finished);
      this.#paragraph = new OpenParagraph();
    }
    const last = open.filter((block) => block.type !== "space").at(-1);
    for (const { src, tokens } of lexer.inlineQueue) {
      if (last?.type !== "paragraph" || tokens !== last.tokens) lexer.inlineTokens(src, tokens);
    }
    if (last?.type === "paragraph") last.tokens = this.#paragraph.read(last.text, lexer);
    return { finished, open };
  }

  /**
   * Remembers what the links in finished blocks are defined as: the first word on each counts.
   *
   * @param {Token[]} tokens
   */
  #define(tokens) {
    for (const token of tokens) {
      if (token.type === "def") this.#links[token.tag] ??= { href: token.href, title: token.title };
      if (token.type === "list") this.#define(token.items);
      if ("tokens" in token && token.tokens) this.#define(token.tokens);
    }
  }

  /**
   * Returns how many of the blocks nothing can change any more.
   *
   * @param {Token[]} blocks
   */
  #settled(blocks) {
    let end = this.#open.length;
    for (let place = blocks.length - 1; place > 0; place -= 1) {
      const block = /** @type {Token} */ (blocks[place]);
      end -= block.raw.length;
      const isOpenFormula = "open" in block && block.open;
      if (block.type !== "space" && !isOpenFormula && this.#open.includes("\n", end)) return place;
    }
    return 0;
  }
}

/** The text of a paragraph that grows: its beginning is read once, as soon as nothing behind it can change it. */
class OpenParagraph {
  #done = "";
  /** @type {Token[]} */
  #tokens = [];
  #enough = LONG_CHARACTERS;

  /**
   * @param {string} text
   * @param {AnswerLexer} lexer
   * @returns {Token[]}
   */
  read(text, lexer) {
    if (!text.startsWith(this.#done)) {
      this.#done = "";
      this.#tokens = [];
    }
    if (text.length - this.#done.length >= this.#enough) this.#setAside(text.slice(this.#done.length), lexer);
    return [...this.#tokens, ...lexer.inlineTokens(text.slice(this.#done.length))];
  }

  /**
   * @param {string} rest
   * @param {AnswerLexer} lexer
   */
  #setAside(rest, lexer) {
    const beginning = rest.slice(0, rest.search(/\S \S*$/) + 2);
    const tokens = lexer.beginningTokens(beginning);
    if (beginning.length > 1 && tokens.every(isSettled)) {
      this.#done += beginning;
      this.#tokens.push(...tokens);
      this.#enough = LONG_CHARACTERS;
    } else {
      this.#enough = 2 * rest.length; // else it would be tried, in vain, with every character
    }
  }
}

/** @param {Token} token */
function isSettled(token) {
  if (token.type === "formula") return !token.open;
  return token.type !== "text" || !OPENERS.test(token.raw);
}

/** @param {Token[]} tokens */
function lengthOf(tokens) {
  return tokens.reduce((sum, { raw }) => sum + raw.length, 0);
}
