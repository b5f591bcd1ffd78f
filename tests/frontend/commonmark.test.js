import assert from "node:assert/strict";
import { test } from "node:test";
import { HtmlRenderer, Parser } from "commonmark";
import { tests as examples } from "commonmark-spec";
import { shown, written } from "./markdown.js";

const parser = new Parser();

/** Whether an example has raw HTML in it, which is shown as text here. @param {string} markdown */
function hasHtml(markdown) {
  const walker = parser.parse(markdown).walker();
  for (let step = walker.next(); step; step = walker.next())
    if (step.node.type.startsWith("html")) return true;
  return false;
}

/** The reference's own account of a document, with what is ours by intent undone: see `structure`. */
function expected(markdown) {
  return tidy(new HtmlRenderer().render(parser.parse(markdown)));
}

/** What we show, as the specification writes it. */
function structure(nodes) {
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

/** Whether no text that comes later changes a block that was finished, by the reference parser. */
function isStable(markdown) {
  const whole = blocks(markdown);
  for (let end = markdown.indexOf("\n") + 1; end > 0; end = markdown.indexOf("\n", end) + 1) {
    const soFar = blocks(markdown.slice(0, end)).slice(0, -1);
    if (soFar.some((block, place) => block !== whole[place])) return false;
  }
  return true;
}

function blocks(markdown) {
  const renderer = new HtmlRenderer();
  const found = [];
  for (let node = parser.parse(markdown).firstChild; node; node = node.next)
    found.push(renderer.render(node));
  return found;
}

test("the specification's examples come out right when they are streamed a character at a time", (t) => {
  const ours = examples
    .map(({ markdown, number }) => ({ number, markdown: markdown.replaceAll("→", "\t") }))
    .filter(({ markdown }) => !hasHtml(markdown) && isStable(markdown));
  const wrong = ours.filter(({ markdown }) => structure(shown(markdown)) !== expected(markdown));

  t.diagnostic(`${ours.length - wrong.length} of ${ours.length} examples are right`);
  assert.ok(ours.length > 500);
  assert.ok(wrong.length <= 0.05 * ours.length, `wrong: ${wrong.map(({ number }) => number)}`);
});
