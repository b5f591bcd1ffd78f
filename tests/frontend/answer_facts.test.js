import assert from "node:assert/strict";
import { test } from "node:test";
import { costOf, detailsOf, noteOf } from "../../chatapp/web/frontend/conversation/answer_facts.js";
import { Turn } from "../../chatapp/web/frontend/conversation/turn.js";

function ended(ending) {
  const turn = new Turn("Hello");
  turn.finish(ending);
  return turn;
}

for (const [reason, pattern] of [
  ["stop", /^$/],
  ["a reason still unknown", /^$/],
  ["length", /length limit/],
  ["content_filter", /content filter/],
  ["refusal", /declined/],
]) {
  test(`an answer that ended with ${reason} carries the right note`, () => {
    assert.match(noteOf(ended({ finish_reason: reason })), pattern);
  });
}

test("a stopped answer says so", () => {
  const turn = new Turn("Hello");
  turn.stop();
  assert.match(noteOf(turn), /stopped/);
});

for (const [ending, line] of [
  [
    { model: "gpt-4o", usage: { total_tokens: 1234 }, cost: { usd: "0.00012", source: "provider" } },
    "gpt-4o · 1,234 tokens · $0.00012",
  ],
  [
    { model: "gpt-4o", usage: { total_tokens: 1 }, cost: { usd: "0.1", source: "estimated" } },
    "gpt-4o · 1 token · about $0.1",
  ],
  [{ model: "gpt-4o", usage: null, cost: { usd: null, source: "unknown" } }, "gpt-4o"],
  [{}, ""],
]) {
  test(`what is known of cost reads “${line}”`, () => {
    assert.equal(costOf(ended(ending)), line);
  });
}

test("details name what was wrong, the code and the request id", () => {
  const turn = new Turn("Hello");
  turn.fail({
    reason: "No.",
    code: "invalid_request",
    requestId: "r1",
    retryAfterSeconds: null,
    details: ["message: Too long."],
  });
  assert.equal(detailsOf(turn), "message: Too long.\nCode: invalid_request\nRequest id: r1");
});
