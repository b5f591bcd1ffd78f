/**
 * Finds the one element that `selector` names; a page without it was built wrong.
 *
 * @template {HTMLElement} [E=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {E}
 */
export function part(root, selector) {
  const found = /** @type {E | null} */ (root.querySelector(selector));
  if (found === null) throw new Error(`There is no ${selector} in this page.`);
  return found;
}

/**
 * Finds an element that not every page has.
 *
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function findPart(root, selector) {
  return root.querySelector(selector);
}

/**
 * Copies the element inside the page's template of that name.
 *
 * @param {string} name
 */
export function copyOf(name) {
  const template = /** @type {HTMLTemplateElement} */ (part(document, `[data-template=${name}]`));
  return part(/** @type {DocumentFragment} */ (template.content.cloneNode(true)), "*");
}
