/**
 * Returns the selection of the document or shadow root that an element is in.
 *
 * @param {Element} element
 */
export function selectionAround(element) {
  const root = /** @type {{ getSelection?: () => Selection | null }} */ (element.getRootNode());
  // A shadow root has a selection of its own in some browsers only.
  return root.getSelection ? root.getSelection() : document.getSelection();
}
