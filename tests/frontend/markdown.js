import { BlockReader } from "../../chatapp/web/frontend/markdown/block_reader.js";
import { blocksOf } from "../../chatapp/web/frontend/markdown/tree.js";

/** @typedef {import("../../chatapp/web/frontend/markdown/tree.js").Node} Shown */

/**
 * Returns what is shown of a text that comes in these pieces.
 *
 * @param {Iterable<string>} pieces
 * @param {{ isWhole?: boolean }} [options] whether nothing more is expected
 * @returns {Shown[]}
 */
export function shown(pieces, { isWhole = false } = {}) {
  const reader = new BlockReader();
  const done = [];
  let last = [];
  for (const piece of isWhole ? [...pieces, ""] : pieces) {
    const { finished, open } = reader.read(piece, isWhole && piece === "");
    done.push(...blocksOf(finished));
    last = blocksOf(open);
  }
  return [...done, ...last];
}

/**
 * Returns what is shown of such a text when nothing more is expected.
 *
 * @param {Iterable<string>} pieces
 */
export function whole(pieces) {
  return shown(pieces, { isWhole: true });
}

/**
 * Writes down what is shown, like `<p>It is <em>so</em></p>`.
 *
 * @param {Shown[]} nodes
 * @param {(element: Exclude<Shown, string>) => string} [write]
 * @returns {string}
 */
export function written(nodes, write = plainly) {
  return nodes.map((node) => (typeof node === "string" ? escaped(node) : write(node))).join("");
}

/** @param {Exclude<Shown, string>} element */
function plainly({ tag, attributes, children }) {
  const names = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  return `<${tag}${names.join("")}>${written(children)}</${tag}>`;
}

/** @param {string} text */
export function escaped(text) {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
