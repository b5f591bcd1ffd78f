import assert from "node:assert/strict";
import { test } from "node:test";
import { estimatedTokens } from "../../chatapp/web/frontend/conversation/token_estimate.js";

// The same examples as in tests/unit/test_estimator.py: page and server must not disagree.
for (const [text, tokens] of [
  ["", 0],
  ["a", 1],
  ["hello", 2],
  ["hello world", 5],
  ["HELLO", 7],
  ["x".repeat(1000), 400],
  ["1", 1],
  ["in 2 days", 5],
  ["2 5 0", 6],
  ["{}\n\t", 4],
  ["ж".repeat(10), 10],
  ["好".repeat(10), 18],
  ["🙂".repeat(10), 32],
  ["\ud800", 2],
  ["Ünïcode 42 – ¿qué? 日本語 👩\u200d👧", 27],
]) {
  test(`${JSON.stringify(text.slice(0, 20))} is estimated as ${tokens} tokens`, () => {
    assert.equal(estimatedTokens(text), tokens);
  });
}
