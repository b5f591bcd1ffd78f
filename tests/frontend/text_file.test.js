import assert from "node:assert/strict";
import { test } from "node:test";
import { quoted, textOf } from "../../chatapp/web/frontend/conversation/text_file.js";

for (const [name, text, expected] of [
  ["a.PY", "x = 1\n", "### a.PY\n\n```py\nx = 1\n```"],
  ["Makefile", "all:", "### Makefile\n\n```\nall:\n```"],
  ["empty.txt", "", "### empty.txt\n\n```txt\n```"],
  ["two\nlines.md", "x", "### two lines.md\n\n```md\nx\n```"],
  ["a.md", "a ```` b\n  ````\n", "### a.md\n\n`````md\na ```` b\n  ````\n`````"],
]) {
  test(`${JSON.stringify(name)} with ${JSON.stringify(text)} is quoted so that nothing in it ends the quote`, () => {
    assert.equal(quoted(name, text), expected);
  });
}

for (const [what, bytes, text] of [
  ["UTF-8", [...new TextEncoder().encode("\ufeffgrüße 👋\r\n")], "grüße 👋\n"],
  ["Latin-1", [0x67, 0xfc], null],
  ["a picture", [0x89, 0x50, 0x4e, 0x47, 0x00], null],
  ["text with NUL", [0x61, 0x00], null],
]) {
  test(`a file of ${what} ${text === null ? "is no text" : "is text"}`, async () => {
    assert.equal(await textOf(new Blob([Uint8Array.from(bytes)])), text);
  });
}
