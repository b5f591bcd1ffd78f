/**
 * Makes nodes of the widget's own markup, also where a site lets no text become markup without a policy.
 *
 * @param {string} markup
 */
export function markupIn(markup) {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  const policy = trustedTypes?.createPolicy("chatapp-widget", { createHTML: () => markup });
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML("") : markup;
  return template.content;
}
