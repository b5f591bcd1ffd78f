import { texts } from "../texts.js";
import { unescaped } from "./entities.js";
import { languageNamed } from "./languages.js";
import { safeAddress } from "./links.js";

/**
 * @typedef {import("marked").Token} Token
 * @typedef {import("./answer_lexer.js").Code} Code
 * @typedef {import("marked").Tokens.List} List
 * @typedef {import("marked").Tokens.ListItem} ListItem
 * @typedef {import("marked").Tokens.Table} Table
 * @typedef {import("./formulas.js").Formula} Formula
 * @typedef {{ tag: string, attributes: Record<string, string>, children: Node[], drawing?: Drawing }} Element
 *   one with a `drawing` holds a text that is whole, and is drawn from that
 * @typedef {"code" | "formula"} Drawing
 * @typedef {Element | string} Node
 */

const EMPHASES = new Set(["strong", "em", "del"]);
const LINE_BREAK = /^<br\s*\/?>$/i;
const WRITTEN_LEFT_TO_RIGHT = { dir: "ltr" };
const EITHER_WAY = { dir: "auto" };
/**
 * What is inside of a list, a quote or a table takes their direction, as what tells its own is not looked at for theirs;
 * its words still run as they must.
 */
const AS_AROUND = {};
/** Marks that turn what is around them, too, if they are not kept apart. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/;

/**
 * Turns tokens of blocks into what is shown. Whatever the model wrote becomes text, never markup.
 *
 * @param {Token[]} tokens
 * @returns {Node[]}
 */
export function blocksOf(tokens) {
  return tokens.flatMap((token) => blockOf(token, EITHER_WAY));
}

/**
 * @param {Token[]} tokens
 * @returns {Node[]}
 */
function blocksInside(tokens) {
  return tokens.flatMap((token) => blockOf(token, AS_AROUND));
}

/**
 * @param {Token} token
 * @param {Record<string, string>} direction
 * @returns {Node[]}
 */
function blockOf(token, direction) {
  switch (token.type) {
    case "paragraph":
      return [element("p", direction, inlinesOf(withoutIndent(childrenOf(token))))];
    case "heading":
      return [element(headingTag(token.depth), direction, inlinesOf(childrenOf(token)))];
    case "code":
      return [code(/** @type {Code} */ (token))];
    case "blockquote":
      return [element("blockquote", direction, blocksInside(childrenOf(token)))];
    case "list":
      return [list(/** @type {List} */ (token), direction)];
    case "table":
      return [table(/** @type {Table} */ (token), direction)];
    case "hr":
      return [element("hr")];
    case "html":
    case "plain":
      return [element("p", direction, [token.raw.trimEnd()])];
    case "text": // of a list whose items stand close together
      return inlinesOf(token.tokens ?? [token]);
    case "checkbox":
      return [checkbox(token.checked)];
    default:
      return [];
  }
}

/**
 * @param {Token[]} tokens
 * @returns {Node[]}
 */
function inlinesOf(tokens) {
  return tokens.map((token) => inlineOf(token));
}

/**
 * @param {Token} token
 * @returns {Node}
 */
function inlineOf(token) {
  if (EMPHASES.has(token.type)) return element(token.type, {}, inlinesOf(childrenOf(token)));
  switch (token.type) {
    case "codespan":
      return element("code", WRITTEN_LEFT_TO_RIGHT, [token.text]);
    case "formula":
      return formula(/** @type {Formula} */ (token));
    case "link":
      return link(unescaped(token.href), inlinesOf(childrenOf(token)));
    case "image":
      return link(unescaped(token.href), [texts.image(plainOf(childrenOf(token)) || token.href)]);
    case "br":
      return element("br");
    case "checkbox":
      return checkbox(token.checked);
    case "html":
      return LINE_BREAK.test(token.raw) ? element("br") : token.raw;
    case "escape":
      return token.text;
    default:
      return unescaped(token.raw);
  }
}

/**
 * @param {string} href
 * @param {Node[]} children
 */
function link(href, children) {
  const address = safeAddress(href);
  const words = children.some(turns) ? [element("bdi", {}, children)] : children;
  if (address === null) return element("span", {}, words);
  return element("a", { href: address, rel: "noopener noreferrer nofollow", target: "_blank" }, words);
}

/** @param {Node} node @returns {boolean} */
function turns(node) {
  return typeof node === "string" ? TURNING.test(node) : node.children.some(turns);
}

/** @param {Code} token */
function code({ text, lang, open }) {
  const language = unescaped(lang ?? "").split(/\s/, 1)[0] ?? "";
  const bar = element("div", { class: "code__bar" }, [
    element("span", { class: "code__language" }, [language]),
    button("wrap-code", texts.wrapCode),
    button("copy-code", texts.copyCode),
  ]);
  const written = element("code", language ? { "data-language": language } : {}, [text]);
  const isDrawn = languageNamed(language) !== null && !open;
  const shown = isDrawn ? drawn("code", written) : written;
  const pre = element("pre", { ...WRITTEN_LEFT_TO_RIGHT, class: "code__text", tabindex: "0" }, [shown]);
  return element("div", { class: "code" }, [bar, pre]);
}

/** @param {Formula} token @returns {Node} */
function formula({ raw, display, open }) {
  if (open) return raw;
  if (!display)
    return drawn("formula", element("span", { ...WRITTEN_LEFT_TO_RIGHT, class: "formula" }, [raw]));
  const group = { tabindex: "0", role: "group", "aria-label": texts.formula };
  const block = { ...WRITTEN_LEFT_TO_RIGHT, ...group, class: "formula formula--display" };
  return drawn("formula", element("span", block, [raw]));
}

/**
 * @param {string} action
 * @param {string} name
 */
function button(action, name) {
  return element("button", { type: "button", class: "code__button", "data-action": action }, [name]);
}

/**
 * @param {List} token
 * @param {Record<string, string>} direction
 */
function list({ ordered, start, items }, direction) {
  const attributes = ordered && start !== 1 ? { ...direction, start: String(start) } : direction;
  return element(ordered ? "ol" : "ul", attributes, items.map(item));
}

/** @param {ListItem} token */
function item({ tokens, task }) {
  return element("li", task ? { class: "task" } : {}, blocksInside(tokens));
}

/** @param {Token} token @returns {Token[]} */
function childrenOf(token) {
  return ("tokens" in token && token.tokens) || [];
}

/**
 * Returns the words of tokens alone.
 *
 * @param {Token[]} tokens
 * @returns {string}
 */
function plainOf(tokens) {
  return tokens
    .map((token) => {
      const children = childrenOf(token);
      if (children.length > 0) return plainOf(children);
      return token.type === "image" || token.type === "codespan" ? token.text : unescaped(token.raw);
    })
    .join("");
}

/** @param {boolean} checked */
function checkbox(checked) {
  const attributes = {
    type: "checkbox",
    disabled: "",
    "aria-label": checked ? texts.taskDone : texts.taskOpen,
  };
  return element("input", checked ? { ...attributes, checked: "" } : attributes);
}

/**
 * @param {Table} token
 * @param {Record<string, string>} direction
 */
function table({ header, rows }, direction) {
  const head = element("thead", {}, [
    element(
      "tr",
      {},
      header.map((cell) => tableCell("th", cell)),
    ),
  ]);
  const body = rows.map((row) =>
    element(
      "tr",
      {},
      row.map((cell) => tableCell("td", cell)),
    ),
  );
  const whole = element("table", {}, rows.length > 0 ? [head, element("tbody", {}, body)] : [head]);
  const group = { tabindex: "0", role: "group", "aria-label": texts.table };
  return element("div", { ...direction, class: "table", ...group }, [whole]);
}

/**
 * @param {string} tag
 * @param {import("marked").Tokens.TableCell} cell
 */
function tableCell(tag, { align, tokens }) {
  return element(tag, align ? { class: `align-${align}` } : {}, inlinesOf(tokens));
}

/** A page has headings of its own, so an answer's begin one below them. @param {number} depth */
function headingTag(depth) {
  return `h${Math.min(depth + 2, 6)}`;
}

/**
 * Takes the spaces away before a paragraph, which the parser leaves there.
 *
 * @param {Token[]} tokens
 */
function withoutIndent(tokens) {
  const [first, ...others] = tokens;
  return first?.type === "text" ? [{ ...first, raw: first.raw.trimStart() }, ...others] : tokens;
}

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {Node[]} [children]
 * @returns {Element}
 */
function element(tag, attributes = {}, children = []) {
  return { tag, attributes, children };
}

/**
 * @param {Drawing} drawing
 * @param {Element} shown
 * @returns {Element}
 */
function drawn(drawing, shown) {
  return { ...shown, drawing };
}
