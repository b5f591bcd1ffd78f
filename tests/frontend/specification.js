import { HtmlRenderer, Parser } from "commonmark";
import { tests as specified } from "commonmark-spec";
import { written } from "./markdown.js";

/** @typedef {import("../../chatapp/web/frontend/markdown/tree.js").Node} Shown */

const parser = new Parser();

/** Whether an example has raw HTML in it, which is shown as text here. @param {string} markdown */
function hasHtml(markdown) {
  const walker = parser.parse(markdown).walker();
  for (let step = walker.next(); step; step = walker.next())
    if (step.node.type.startsWith("html")) return true;
  return false;
}

/** The reference's own account of a document, with what is ours by intent undone: see `structure`. @param {string} markdown */
export function expected(markdown) {
  return tidy(new HtmlRenderer().render(parser.parse(markdown)));
}

/** What we show, as the specification writes it. @param {Shown[]} nodes */
export function structure(nodes) {
  return tidy(
    written(nodes, function write({ tag, attributes, children }) {
      const inner = () => written(children, write);
      if (attributes.class === "code") return `<pre>${written(children[1].children, write)}</pre>`;
      if (attributes.class === "table") return inner();
      if (tag === "span") return `<a>${inner()}</a>`;
      if (tag === "a") return `<a>${inner()}</a>`;
      if (/^h\d$/.test(tag)) return `<h>${inner()}</h>`;
      const start = attributes.start ? ` start="${attributes.start}"` : "";
      return ["hr", "br"].includes(tag) ? `<${tag}>` : `<${tag}${start}>${inner()}</${tag}>`;
    }),
  );
}

/** @param {string} html */
function tidy(html) {
  return html
    .replace(/<a href="[^"]*"( title="[^"]*")?>/g, "<a>")
    .replace(
      /<img src="([^"]*)" alt="([^"]*)"( title="[^"]*")? \/>/g,
      (_, address, name) => `<a>Image: ${name || address}</a>`,
    )
    .replace(/<code class="[^"]*">/g, "<code>")
    .replace(/<(\/?)h[1-6]>/g, "<$1h>")
    .replace(/<(hr|br) \/>/g, "<$1>")
    .replace(/\s*(<\/?(p|h|ul|ol|li|blockquote|pre|hr|br)( start="\d+")?>)\s*/g, "$1")
    .replace(/\s+(<\/code><\/pre>)/g, "$1")
    .replace(/(?<=\S)[ \t]*\n[ \t]*/g, "\n")
    .trim();
}

/** The specification's examples without raw HTML. @type {{ number: number, markdown: string }[]} */
export const examples = specified
  .map(({ markdown, number }) => ({ number, markdown: markdown.replaceAll("→", "\t") }))
  .filter(({ markdown }) => !hasHtml(markdown));
