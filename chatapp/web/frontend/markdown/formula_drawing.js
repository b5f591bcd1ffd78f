import { __renderToDomTree as read } from "katex";
import { copyAsWritten } from "./formula_copy.js";

/** @typedef {import("katex").Part} Part */

/** @type {import("katex").KatexOptions} */
const OPTIONS = {
  trust: false, // no links, pictures, classes or styles of a model's
  strict: "ignore",
  errorColor: "currentColor", // for what is not trusted: it is shown by its name
  maxSize: 10, // em
  maxExpand: 200,
};
/** With macros of its own, a short formula can be made to take as long as one likes. */
const MACRO = /\\(?:[gex]?def|(?:re)?newcommand|providecommand|(?:future)?let)(?![a-zA-Z])/;
const DEEPEST = 150;

/**
 * Shows a formula as MathML; for the eye as KaTeX lays it out, where its style sheet is. What cannot be read, or does not
 * want to be, stays text.
 *
 * @param {HTMLElement} element
 * @param {string} source with the marks around it
 * @param {boolean} isStyled
 */
export function drawFormula(element, source, isStyled) {
  if (MACRO.test(source)) return;
  const displayMode = !source.startsWith("\\(");
  const output = isStyled ? "htmlAndMathml" : "mathml";
  const whole = read(source.slice(2, -2), { ...OPTIONS, displayMode, output });
  requirePlain(whole, 0);
  element.dataset.written = source;
  element.replaceChildren(whole.toNode());
  copyAsWritten(element);
}

/**
 * Takes out what the content policy forbids: styles as attributes, which the part for the ear alone has.
 *
 * @param {Part} part
 * @param {number} depth
 */
function requirePlain(part, depth) {
  if (depth > DEEPEST) throw new RangeError("This formula is too deep for a page.");
  if (part.attributes) delete part.attributes.style;
  for (const child of part.children ?? []) requirePlain(child, depth + 1);
}
