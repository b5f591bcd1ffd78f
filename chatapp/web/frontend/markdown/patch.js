/**
 * @typedef {import("./tree.js").Node} Shown
 * @typedef {import("./tree.js").Element} ShownElement
 * @typedef {(element: HTMLElement, shown: ShownElement) => void} Draw
 */

/**
 * Makes what stands in `parent`, from its child `place` on, into `after`, changing as little as possible.
 *
 * @param {ParentNode & Node} parent
 * @param {Shown[]} before what stands there
 * @param {Shown[]} after
 * @param {Draw} draw is given, once, each element that is drawn from its text
 * @param {number} [place]
 */
export function patch(parent, before, after, draw, place = 0) {
  for (const [index, shown] of after.entries()) {
    const old = before[index];
    const node = parent.childNodes[place + index];
    if (old === undefined || node === undefined) parent.append(made(shown, draw));
    else if (old !== shown && !changed(node, old, shown, draw)) node.replaceWith(made(shown, draw));
  }
  for (let index = before.length; index > after.length; index -= 1) parent.lastChild?.remove();
}

/**
 * Changes one node into another of its kind; returns false where it is of another kind.
 *
 * @param {Node} node
 * @param {Shown} before
 * @param {Shown} after
 * @param {Draw} draw
 */
function changed(node, before, after, draw) {
  if (typeof before === "string" || typeof after === "string") {
    if (typeof before !== "string" || typeof after !== "string") return false;
    write(/** @type {Text} */ (node), before, after);
    return true;
  }
  if (before.tag !== after.tag || !sameAttributes(before.attributes, after.attributes)) return false;
  // What was drawn is not what was written any more: it stays as it is, or goes.
  if (before.drawing) return after.drawing === before.drawing && before.children[0] === after.children[0];
  patch(/** @type {Element} */ (node), before.children, after.children, draw);
  if (after.drawing) draw(/** @type {HTMLElement} */ (node), after);
  return true;
}

/**
 * Changes the end of a text rather than setting it anew: a reader may have selected some of it.
 *
 * @param {Text} node
 * @param {string} before
 * @param {string} after
 */
function write(node, before, after) {
  if (after.startsWith(before)) {
    if (after.length > before.length) node.appendData(after.slice(before.length));
  } else if (before.startsWith(after)) {
    node.deleteData(after.length, before.length - after.length);
  } else {
    node.data = after;
  }
}

/**
 * @param {Record<string, string>} one
 * @param {Record<string, string>} other
 */
function sameAttributes(one, other) {
  if (one === other) return true;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/**
 * @param {Shown} shown
 * @param {Draw} draw
 * @returns {Node}
 */
function made(shown, draw) {
  if (typeof shown === "string") return document.createTextNode(shown);
  const element = document.createElement(shown.tag);
  for (const child of shown.children) element.append(made(child, draw));
  // Last, as with `dir="auto"` each child would have all of the text read for its direction.
  for (const [name, value] of Object.entries(shown.attributes)) element.setAttribute(name, value);
  if (shown.drawing) draw(element, shown);
  return element;
}
