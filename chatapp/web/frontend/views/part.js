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

/** @type {HTMLElement | null} */
let home = null;

/** Where templates are found, and dialogs are put: the page, unless it was said otherwise. */
export function partsHome() {
  return home ?? document.body;
}

/**
 * Has templates be found in `root`, which a page's own search does not reach.
 *
 * @param {HTMLElement} root
 */
export function useParts(root) {
  home = root;
}

/** What has the focus: where parts are inside of a shadow root, the page itself knows only its host. */
export function focused() {
  return /** @type {Document | ShadowRoot} */ (partsHome().getRootNode()).activeElement;
}

/**
 * Copies the element inside the template of that name.
 *
 * @param {string} name
 */
export function copyOf(name) {
  const template = /** @type {HTMLTemplateElement} */ (part(partsHome(), `[data-template=${name}]`));
  return part(/** @type {DocumentFragment} */ (template.content.cloneNode(true)), "*");
}
