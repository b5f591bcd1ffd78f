/**
 * Finds the one element that `selector` names; a page without it was built wrong.
 *
 * @template {Element} [E=HTMLElement]
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
 * Copies the element inside the page's template of that name.
 *
 * @param {string} name
 * @returns {HTMLElement}
 */
export function copyOf(name) {
  const template = /** @type {HTMLTemplateElement} */ (part(document, `[data-template=${name}]`));
  return part(/** @type {DocumentFragment} */ (template.content.cloneNode(true)), "*");
}

/**
 * Makes an element with a text in it, which stays text whatever it says.
 *
 * @param {string} tag
 * @param {string} text
 * @param {string} [className]
 */
export function make(tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className !== "") element.className = className;
  return element;
}
