import assert from "node:assert/strict";
import { test } from "node:test";
import { contrast, textColorOn } from "../../chatapp/web/frontend/widget/contrast.js";
import { speak } from "../../chatapp/web/frontend/widget/first_texts.js";
import { LateMarkdown } from "../../chatapp/web/frontend/widget/late_markdown.js";
import { settingsOf } from "../../chatapp/web/frontend/widget/settings.js";
import { snippetOf } from "../../chatapp/web/frontend/widget/snippet.js";
import { TOKEN, WidgetMemory } from "../../chatapp/web/frontend/widget/widget_memory.js";
import english from "../../chatapp/web/texts/en/scripts.json" with { type: "json" };
import { Shelf } from "./shelf.js";

speak(english);

test("the contrast is that of the WCAG", () => {
  assert.equal(contrast("#fff", "#000").toFixed(2), "21.00");
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
  assert.equal(contrast("#f00", "#ffffff").toFixed(2), "4.00");
});

test("text can be read on every colour", () => {
  const steps = ["00", "33", "66", "77", "99", "cc", "ff"];
  for (const red of steps) {
    for (const green of steps) {
      for (const blue of steps) {
        const color = `#${red}${green}${blue}`;
        assert.ok(contrast(color, textColorOn(color)) >= 4.5, color);
      }
    }
  }
});

for (const [data, settings, complaints] of [
  [{}, { title: "", colors: null, position: "right", theme: "" }, 0],
  [
    { title: " Shop ", color: "#FFD", position: " Left", theme: "Dark" },
    { title: "Shop", colors: { ground: "#FFD", text: "#000000" }, position: "left", theme: "dark" },
    0,
  ],
  [{ color: "red" }, { title: "", colors: null, position: "right", theme: "" }, 1],
  [
    { color: "#12345", position: "top", theme: "blue" },
    { title: "", colors: null, position: "right", theme: "" },
    3,
  ],
  [{ color: "url(x)" }, { title: "", colors: null, position: "right", theme: "" }, 1],
  [{ title: "x".repeat(99) }, { title: "x".repeat(80), colors: null, position: "right", theme: "" }, 0],
]) {
  test(`a site says ${JSON.stringify(data).slice(0, 60)}`, () => {
    const said = [];
    assert.deepEqual(
      settingsOf(data, (words) => said.push(words)),
      settings,
    );
    assert.equal(said.length, complaints);
    assert.ok(!said.join().match(/\{\{|undefined/), said.join());
  });
}

test("the line for a page keeps what is written in it", () => {
  const line = snippetOf("https://chat.example/widget.js", {
    title: '"A" & <b>',
    color: "",
    position: "left",
  });
  assert.equal(
    line,
    '<script src="https://chat.example/widget.js" async data-title="&quot;A&quot; &amp; &lt;b>" data-position="left"></script>',
  );
});

test("nothing lies on the shelf before it is to be kept, and then all of it does", () => {
  const shelf = new Shelf([["theirs", "1"]]);
  const memory = new WidgetMemory("w ", () => shelf);
  memory.remember("draft", "half a th");
  memory.remember("closed", "x");
  memory.remember("closed", "");
  assert.deepEqual([memory.recall("draft"), shelf.size], ["half a th", 1]);

  memory.store();
  memory.remember(TOKEN, "t");

  assert.deepEqual(
    [...shelf],
    [
      ["theirs", "1"],
      ["w draft", "half a th"],
      [`w ${TOKEN}`, "t"],
    ],
  );
});

test("a message that was kept before there was a visitor can be forgotten on the next page", () => {
  const shelf = new Shelf([["w unsent.widget", "Hi"]]);
  const memory = new WidgetMemory("w ", () => shelf);

  memory.remember("unsent.widget", "");

  assert.equal(shelf.size, 0);
});

test("on the next page it goes on, until all is forgotten", () => {
  const shelf = new Shelf([
    [`w ${TOKEN}`, "t"],
    ["theirs", "1"],
  ]);
  const memory = new WidgetMemory("w ", () => shelf);
  memory.remember("draft", "more");
  assert.equal(shelf.get("w draft"), "more");

  memory.forgetAll();
  memory.remember("draft", "anew");

  assert.deepEqual([...shelf.keys()], ["theirs"]);
  assert.equal(memory.recall("draft"), "anew");
});

test("where there is no shelf it remembers as long as the page is there", () => {
  const memory = new WidgetMemory("w ", () => {
    throw new DOMException("denied", "SecurityError");
  });
  memory.store();
  memory.remember(TOKEN, "t");
  assert.equal(memory.recall(TOKEN), "t");
  memory.forgetAll();
  assert.equal(memory.recall(TOKEN), "");
});

/** An element, as far as it is used. */
class Box {
  shown = [];
  append = (text) => this.shown.push(text);
  replaceChildren = () => this.shown.splice(0);
}

/** A writer that can be told from plain text. */
class Loud {
  constructor(element) {
    this.element = element;
  }
  write = (text) => this.element.append(text.toUpperCase());
  flush = () => {};
  end = () => this.element.append("END");
}

test("an answer is plain until Markdown is there, and whole then", async () => {
  const { promise, resolve } = deferred();
  const markdown = new LateMarkdown(() => promise);
  const box = new Box();
  const writer = markdown.writerFor(box, () => {});
  writer.write("one ");
  assert.deepEqual(box.shown, ["one "]);

  resolve({ MarkdownWriter: Loud });
  await settled();
  writer.write("two");

  assert.deepEqual(box.shown, ["ONE ", "TWO"]);
  assert.ok(markdown.writerFor(new Box(), () => {}) instanceof Loud);
});

test("an answer that is whole before Markdown is there is whole then, too", async () => {
  const { promise, resolve } = deferred();
  const box = new Box();
  const writer = new LateMarkdown(() => promise).writerFor(box, () => {});
  writer.write("one");
  writer.end();

  resolve({ MarkdownWriter: Loud });
  await settled();

  assert.deepEqual(box.shown, ["ONE", "END"]);
});

test("where Markdown cannot be had an answer stays plain, and the next one tries again", async () => {
  let tries = 0;
  const markdown = new LateMarkdown(() => {
    tries += 1;
    return Promise.reject(new TypeError("no"));
  });
  const box = new Box();
  const writer = markdown.writerFor(box, () => {});
  await settled();
  writer.write("one");
  markdown.writerFor(new Box(), () => {});
  assert.deepEqual([box.shown, tries], [["one"], 2]);
});

function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => {
    made.resolve = resolve;
  });
  return made;
}

function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
