/** @typedef {import("./tree.js").Node} Shown */

/**
 * Makes what stands in `parent`, from its child `place` on, into `after`, changing as little as possible.
 *
 * @param {ParentNode & Node} parent
 * @param {Shown[]} before what stands there
 * @param {Shown[]} after
 * @param {number} [place]
 */
export function patch(parent, before, after, place = 0) {
  for (const [index, shown] of after.entries()) {
    const old = before[index];
    const node = parent.childNodes[place + index];
    if (old === undefined || node === undefined) parent.append(made(shown));
    else if (old !== shown && !changed(node, old, shown)) node.replaceWith(made(shown));
  }
  for (let index = before.length; index > after.length; index -= 1) parent.lastChild?.remove();
}

/**
 * Changes one node into another of its kind; returns false where it is of another kind.
 *
 * @param {Node} node
 * @param {Shown} before
 * @param {Shown} after
 */
function changed(node, before, after) {
  if (typeof before === "string" || typeof after === "string") {
    if (typeof before !== "string" || typeof after !== "string") return false;
    write(/** @type {Text} */ (node), before, after);
    return true;
  }
  if (before.tag !== after.tag || !sameAttributes(before.attributes, after.attributes)) return false;
  patch(/** @type {Element} */ (node), before.children, after.children);
  return true;
}

/**
 * Adds to a text rather than setting it anew: a reader may have selected some of it.
 *
 * @param {Text} node
 * @param {string} before
 * @param {string} after
 */
function write(node, before, after) {
  if (after.startsWith(before)) {
    if (after.length > before.length) node.appendData(after.slice(before.length));
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
 * @returns {Node}
 */
function made(shown) {
  if (typeof shown === "string") return document.createTextNode(shown);
  const element = document.createElement(shown.tag);
  for (const [name, value] of Object.entries(shown.attributes)) element.setAttribute(name, value);
  for (const child of shown.children) element.append(made(child));
  return element;
}
