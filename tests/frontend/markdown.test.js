import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockReader } from "../../chatapp/web/frontend/markdown/block_reader.js";
import { grammars } from "../../chatapp/web/frontend/markdown/code_grammars.js";
import { unescaped } from "../../chatapp/web/frontend/markdown/entities.js";
import { LANGUAGES, languageNamed } from "../../chatapp/web/frontend/markdown/languages.js";
import { safeAddress } from "../../chatapp/web/frontend/markdown/links.js";
import { deepTexts } from "./deep_texts.js";
import { hostileTexts } from "./hostile_texts.js";
import { shown, whole, written } from "./markdown.js";

const html = (/** @type {string} */ text) => written(shown(text));

const formula = (/** @type {string} */ text) => `<span dir="ltr" class="formula">${text}</span>`;
const display = (/** @type {string} */ text) =>
  `<span dir="ltr" tabindex="0" role="group" aria-label="Formula" class="formula formula--display">${text}</span>`;

const TAGS = new Set(
  "p h3 h4 h5 h6 div span button pre code blockquote ul ol li table thead tbody tr th td hr br strong em del a bdi input".split(
    " ",
  ),
);
const ATTRIBUTES = new Set(
  "dir class data-action data-language type tabindex role aria-label start href rel target disabled checked".split(
    " ",
  ),
);

for (const [text, expected] of [
  ["Hello", '<p dir="auto">Hello</p>'],
  [
    "It is **so** and *so* and ~~so~~.",
    '<p dir="auto">It is <strong>so</strong> and <em>so</em> and <del>so</del>.</p>',
  ],
  ["# One\n## Two", '<h3 dir="auto">One</h3><h4 dir="auto">Two</h4>'],
  ["`a < b`", '<p dir="auto"><code dir="ltr">a &lt; b</code></p>'],
  ["3. a\n4. b", '<ol dir="auto" start="3"><li>a</li><li>b</li></ol>'],
  ["a<br>b", '<p dir="auto">a<br></br>b</p>'],
  ["<b>a</b>", '<p dir="auto">&lt;b&gt;a&lt;/b&gt;</p>'],
  ["5 &euro; &amp; &#8364; &nothing;", '<p dir="auto">5 € &amp; € &amp;nothing;</p>'],
  ["It costs $5 or $10.", '<p dir="auto">It costs $5 or $10.</p>'],
]) {
  test(`${JSON.stringify(text)} is shown as it is meant`, () => {
    assert.equal(html(text), expected);
  });
}

test("links lead out in a tab of their own, and tell nobody where from", () => {
  assert.match(
    html("[a](https://ok.test/x)"),
    /<a href="https:\/\/ok.test\/x" rel="noopener noreferrer nofollow" target="_blank">a<\/a>/,
  );
});

test("an image is a link that must be clicked", () => {
  assert.match(
    html("![a *cat*](https://ok.test/cat.png)"),
    /<a href="https:\/\/ok.test\/cat.png"[^>]*>Image: a cat<\/a>/,
  );
  assert.match(html("![](https://ok.test/cat.png)"), />Image: https:\/\/ok.test\/cat.png<\/a>/);
});

test("a table can be scrolled by itself, and keeps its alignment", () => {
  const table = html("| a | b |\n|---|--:|\n| 1 | 2 |");

  assert.match(
    table,
    /^<div dir="auto" class="table" tabindex="0" role="group" aria-label="Table"><table><thead>/,
  );
  assert.match(table, /<td class="align-right">2<\/td>/);
});

test("only the outermost block tells its direction, so that it is found in all of its words", () => {
  assert.equal(
    html("> a\n>\n> - b\n>   1. c\n>\n>      d"),
    '<blockquote dir="auto"><p>a</p><ul><li>b<ol><li><p>c</p><p>d</p></li></ol></li></ul></blockquote>',
  );
  assert.match(html("- |a|\n  |-|"), /^<ul dir="auto"><li><div class="table" /);
});

test("what turns the text in a link does not reach out of it", () => {
  assert.match(html("[a\u202eb](https://ok.test) c"), /><bdi>a\u202eb<\/bdi><\/a> c/);
  assert.match(html("[a](https://ok.test) c"), />a<\/a> c/);
});

test("tasks show whether they are done", () => {
  const tasks = html("- [x] a\n- [ ] b");

  assert.match(
    tasks,
    /<li class="task"><input type="checkbox" disabled="" aria-label="Done" checked=""><\/input>a/,
  );
  assert.match(tasks, /aria-label="Not done"><\/input>b/);
});

test("code has its language and buttons, and stands as it was written", () => {
  const code = html("```python title\nif a < b:\n\tpass\n```\n");

  assert.match(code, /<span class="code__language">python<\/span>/);
  assert.match(code, /<code data-language="python">if a &lt; b:\n\tpass<\/code>/);
});

test("an open fence is code already", () => {
  assert.match(html("```js\nlet a"), /<code data-language="js">let a<\/code>/);
});

const LONG = [
  "A paragraph with a [link](https://ok.test), `code` and **bold** words, that goes on. ".repeat(30),
  "2 * 3 is 6 and nothing is emphasized. ".repeat(40),
  `${"An _open emphasis that is closed much later. ".repeat(30)}here_ at last.`,
  "Line after line\nof a poem with  two spaces  \nand a hard break. ".repeat(30),
  "Mail somebody@ok.test or see www.ok.test or https://ok.test/a_b*c now. ".repeat(20),
].join("\n\n");

test("however the text is cut, the same is shown in the end", () => {
  const expected = html(LONG);

  for (const size of [1, 2, 3, 7, 50, 333])
    assert.equal(
      written(shown(LONG.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [])),
      expected,
      `pieces of ${size}`,
    );
});

test("a long paragraph is not read over and over", () => {
  const reader = new BlockReader();
  const piece = "Some words that say nothing, at some length. ";
  let pieces = 0;
  for (let count = 0; count < 400; count += 1) pieces = reader.read(piece).open[0].tokens.length;

  assert.ok(pieces > 20, "its beginning was set aside");
});

test("a finished block is handed out once", () => {
  const reader = new BlockReader();

  assert.deepEqual(reader.read("One\n\n").finished, []);
  assert.deepEqual(reader.read("Two").finished, []);
  assert.equal(reader.read("\n").finished[0]?.raw, "One");
  assert.deepEqual(reader.read("Two").finished, []);
});

test("references use what was defined in a finished block", () => {
  assert.match(html("[r]: https://ok.test\n\n---\n\nSee [r]."), /<a href="https:\/\/ok.test\/"/);
});

for (const text of hostileTexts) {
  test(`nothing runs or loads for ${JSON.stringify(text.slice(0, 60))}`, () => {
    const reader = new BlockReader();
    for (const character of text) {
      reader.read(character);
    }
    for (let end = 1; end <= text.length; end += 1) {
      for (const node of shown([text.slice(0, end)])) requireHarmless(node);
    }
    for (const node of shown(text)) requireHarmless(node);
  });
}

const DEEPEST_SHOWN = 110; // each of 50 lists has an item around the next

for (const [kind, textOf] of Object.entries(deepTexts)) {
  test(`${kind} are shown to a depth that a page bears, and what is deeper is text`, () => {
    for (const depth of [10, 60, 1000, 10_000]) {
      const nodes = whole([textOf(depth)]);
      assert.ok(depthOf(nodes) <= DEEPEST_SHOWN, `${depthOf(nodes)} of ${depth}`);
      assert.match(written(nodes), /x/);
    }
  });

  test(`${kind} are shown at every prefix`, () => {
    const text = textOf(60);
    for (let end = 1; end <= text.length; end += 1)
      assert.ok(depthOf(shown([text.slice(0, end)])) <= DEEPEST_SHOWN);
    assert.equal(written(shown(text)), written(shown([text])));
  });
}

/**
 * @param {import("../../chatapp/web/frontend/markdown/tree.js").Node[]} nodes
 * @returns {number}
 */
function depthOf(nodes) {
  return Math.max(0, ...nodes.map((node) => (typeof node === "string" ? 0 : 1 + depthOf(node.children))));
}

test("deep quotes keep all of their text", () => {
  const text = `${"> ".repeat(60)}one\n${"> ".repeat(60)}two\nthree`;

  const all = written(whole([text]), ({ children }) => written(children));
  assert.match(all.replace(/<[^>]*>/g, ""), /one\n(&gt; )+two\nthree/);
});

// Each of these took minutes, or for ever, when it was read without measure.
for (const [kind, text] of Object.entries({
  "quotes that end a level at a time": Array.from(
    { length: 60 },
    (_, line) => `${">".repeat(60 - line)} a`,
  ).join("\n"),
  "lists below lists": Array.from({ length: 300 }, (_, line) => `${"  ".repeat(line)}- a`).join("\n"),
  "stars without an end": `${"*a ".repeat(20_000)}x*`,
  "underscores without an end": `${"_a ".repeat(20_000)}x_`,
  "tildes without an end": `${"~~a ".repeat(20_000)}x~~`,
  "a formula behind many paragraphs": `${"A few words.\n\n".repeat(7_000)}$$x$$`,
  "a fence of many ticks": "`".repeat(100_000),
})) {
  test(`${kind} are read in a moment`, () => {
    const beganAt = performance.now();
    whole([text]);
    assert.ok(performance.now() - beganAt < 5000, `${performance.now() - beganAt} ms`);
  });
}

test("many emphases in a long text are all found", () => {
  const words = "Some **bold** and *slanted* words, 2 * 3, 4*5, snake_case_words, _so_ and ~~gone~~. ".repeat(
    20,
  );

  const tags = written(whole([`${words}\n\n`.repeat(30)])).match(/<(strong|em|del)>/g);
  assert.equal(tags?.length, 4 * 20 * 30);
});

/** @param {import("../../chatapp/web/frontend/markdown/tree.js").Node} node */
function requireHarmless(node) {
  if (typeof node === "string") return;
  assert.ok(TAGS.has(node.tag), node.tag);
  for (const [name, value] of Object.entries(node.attributes)) {
    assert.ok(ATTRIBUTES.has(name), name);
    if (name === "href") assert.match(value, /^(https?:\/\/|mailto:)/);
  }
  if (node.tag === "a") assert.equal(node.attributes.rel, "noopener noreferrer nofollow");
  node.children.forEach(requireHarmless);
}

test("only addresses that cannot run anything are links", () => {
  for (const address of ["https://a.test/", "http://a.test/", "mailto:a@a.test"])
    assert.equal(safeAddress(address), address);
  for (const address of [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,x",
    "//a.test",
    "a",
    "",
  ])
    assert.equal(safeAddress(address), null, address);
});

test("references to characters are resolved once", () => {
  assert.equal(
    unescaped("&amp;lt; &#233; &#xE9; &#0; &#xD800; &unknown; &amp"),
    "&lt; é é \ufffd \ufffd &unknown; &amp",
  );
});

for (const [text, expected] of [
  ["So \\(a*b\\) is *it*.", `<p dir="auto">So ${formula("\\(a*b\\)")} is <em>it</em>.</p>`],
  ["$$x_1 + x_2$$", `<p dir="auto">${display("$$x_1 + x_2$$")}</p>`],
  [
    "It is\n\\[\na\n- b\n= c\n\\].\nOr not.",
    `<p dir="auto">It is</p><p dir="auto">${display("\\[\na\n- b\n= c\n\\]")}.</p><p dir="auto">Or not.</p>`,
  ],
  ["- If $$a\n- b$$", '<ul dir="auto"><li>If $$a</li><li>b$$</li></ul>'],
  ["1. So\n   \\[\n   x\n   \\]", `<ol dir="auto"><li>So<p>${display("\\[\nx\n\\]")}</p></li></ol>`],
  [
    "**The \\(x^*\\)** is `\\(x\\)`, `$$` or `$$x$$`",
    `<p dir="auto"><strong>The ${formula("\\(x^*\\)")}</strong> is <code dir="ltr">\\(x\\)</code>, <code dir="ltr">$$</code> or <code dir="ltr">$$x$$</code></p>`,
  ],
  [
    "*a* `$$` *b* `$$` *c*",
    `<p dir="auto"><em>a</em> <code dir="ltr">$$</code> <em>b</em> <code dir="ltr">$$</code> <em>c</em></p>`,
  ],
  [
    "$$a\n\nb$$ and \\(\\) and \\[ and \\\\(c\\\\) and $$$d$$$",
    '<p dir="auto">$$a</p><p dir="auto">b$$ and () and [ and \\(c\\) and $$$d$$$</p>',
  ],
  ["$5, \\$$6 and $7", '<p dir="auto">$5, $$6 and $7</p>'],
]) {
  test(`${JSON.stringify(text)} has its formulas, and none besides`, () => {
    assert.equal(written(whole(text)), expected);
    assert.equal(written(whole([...text])), expected);
  });
}

for (const text of ["The \\(a_1 * b_2 * c_3", "It is $$a_1\nb_1 * c*", "\\[\n# a\n- b *c* \\\\ d\n+ e"]) {
  test(`${JSON.stringify(text)} is text, as it stands, until its formula is closed`, () => {
    const opened = text.search(/\$\$|\\[([]/) + 2;
    for (let end = opened; end <= text.length; end += 1)
      assert.equal(
        html(text.slice(0, end)).replace(/\s+<\/p>$/, "</p>"),
        `<p dir="auto">${text.slice(0, end).trimEnd()}</p>`,
      );
    assert.doesNotMatch(written(whole(text)), /class="formula/);
  });
}

test("what is before a line of a formula is finished once that formula is closed, as it may be none", () => {
  const reader = new BlockReader();

  assert.equal(reader.read("So\n\\[\nx\n").finished.length, 0);
  assert.equal(reader.read("\\]\n").finished[0]?.raw, "So\n");
});

test("code whose fence stays open is drawn when nothing more is expected, or its list or quote has ended", () => {
  const drawings = (/** @type {import("./markdown.js").Shown[]} */ nodes) => nodes.flatMap(drawingsIn);

  assert.deepEqual(drawings(shown("```js\nlet a")), []);
  assert.deepEqual(drawings(shown("````js\nlet a\n```\n")), []);
  assert.deepEqual(drawings(whole("```js\nlet a")), ["code"]);
  assert.deepEqual(drawings(whole("- ```js\n  let a")), ["code"]);
  assert.deepEqual(drawings(shown("> ```js\n> let a\n")), []);
  assert.deepEqual(drawings(shown("> ```js\n> let a\n\nb")), ["code"]);
});

test("code is drawn when its fence is closed, formulas when they are whole, each in a language that is known", () => {
  const drawings = (/** @type {string} */ text) => shown(text).flatMap(drawingsIn);

  assert.deepEqual(drawings("```js\nlet a\n``"), []);
  assert.deepEqual(drawings("```js\nlet a\n```"), ["code"]);
  assert.deepEqual(drawings("- ```JS\n  let a\n  ```"), ["code"]);
  assert.deepEqual(drawings("```klingon\nlet a\n```"), []);
  assert.deepEqual(drawings("\\(a"), []);
  assert.deepEqual(drawings("\\(a\\) $$b$$"), ["formula", "formula"]);
});

/** @param {import("../../chatapp/web/frontend/markdown/tree.js").Node} node */
function drawingsIn(node) {
  if (typeof node === "string") return [];
  return [...(node.drawing ? [node.drawing] : []), ...node.children.flatMap(drawingsIn)];
}

test("every language that is known can be coloured", async () => {
  assert.deepEqual(Object.keys(grammars), LANGUAGES);
  for (const load of Object.values(grammars)) assert.equal(typeof (await load()).default, "function");
  assert.deepEqual(["C++", "html", "py", "", "klingon", "constructor"].map(languageNamed), [
    "cpp",
    "xml",
    "python",
    null,
    null,
    null,
  ]);
});
