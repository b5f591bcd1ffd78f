import { selectionAround } from "../selection_around.js";

/**
 * Makes new nodes of the same text in an element, and selects in them what was selected before.
 *
 * @param {HTMLElement} element
 * @param {() => void} change
 */
export function keepingSelection(element, change) {
  const selection = selectionAround(element);
  if (!selection?.anchorNode || !selection.focusNode || !selection.getRangeAt(0).intersectsNode(element))
    return change();
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  const anchor = placeIn(element, anchorNode, anchorOffset);
  const focus = placeIn(element, focusNode, focusOffset);
  change();
  const [startNode, start] = anchor === null ? [anchorNode, anchorOffset] : pointAt(element, anchor);
  const [endNode, end] = focus === null ? [focusNode, focusOffset] : pointAt(element, focus);
  selection.setBaseAndExtent(startNode, start, endNode, end);
}

/**
 * Returns how many characters of the element stand before a point in it; null for a point elsewhere.
 *
 * @param {HTMLElement} element
 * @param {Node} node
 * @param {number} offset
 */
function placeIn(element, node, offset) {
  if (!element.contains(node)) return null;
  const before = new Range();
  before.setStart(element, 0);
  before.setEnd(node, offset);
  return before.toString().length;
}

/**
 * @param {HTMLElement} element
 * @param {number} place
 * @returns {[Node, number]}
 */
function pointAt(element, place) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let rest = place;
  for (let text = walker.nextNode(); text instanceof Text; text = walker.nextNode()) {
    if (rest <= text.length) return [text, rest];
    rest -= text.length;
  }
  return [element, element.childNodes.length];
}
