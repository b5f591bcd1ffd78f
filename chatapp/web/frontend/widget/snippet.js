/**
 * Returns the line that puts the widget on a site.
 *
 * @param {string} address of the script
 * @param {Record<string, string>} settings what stands in its data attributes; "" leaves one out
 */
export function snippetOf(address, settings) {
  const attributes = Object.entries(settings)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => ` data-${name}="${escaped(value)}"`);
  return `<script src="${escaped(address)}" async${attributes.join("")}></script>`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
