import assert from "node:assert/strict";
import { test } from "node:test";
import { whole } from "./markdown.js";
import { examples, expected, structure } from "./specification.js";

// Which do not, and what is shown instead: tests/integration/browser/test_commonmark.py
test("the specification's examples come out right when they are streamed a character at a time", (t) => {
  const wrong = examples.filter(({ markdown }) => structure(whole(markdown)) !== expected(markdown));

  t.diagnostic(`${examples.length - wrong.length} of ${examples.length} examples are right`);
  assert.ok(examples.length > 550);
  assert.ok(wrong.length <= 0.05 * examples.length, `wrong: ${wrong.map(({ number }) => number)}`);
});
