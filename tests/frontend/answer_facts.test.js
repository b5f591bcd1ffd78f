import assert from "node:assert/strict";
import { test } from "node:test";
import { costOf, detailsOf, noteOf } from "../../chatapp/web/frontend/conversation/answer_facts.js";
import { ChatMessage } from "../../chatapp/web/frontend/conversation/chat_message.js";

function ended(last) {
  const answer = ChatMessage.answer();
  answer.end({ state: "complete", ...last });
  return answer;
}

for (const [state, pattern, look] of [
  ["complete", /^$/, "done"],
  ["truncated", /length limit/, "done"],
  ["filtered", /content filter/, "done"],
  ["refused", /declined/, "done"],
  ["stopped", /stopped/, "stopped"],
  ["failed", /^$/, "failed"],
  ["interrupted", /^$/, "failed"],
  ["lost", /^$/, "failed"],
  ["abandoned", /^$/, "failed"],
  ["a state still unknown", /^$/, "failed"],
]) {
  test(`an answer that is ${state} looks ${look} and carries the right note`, () => {
    const answer = ended({ state });
    assert.match(noteOf(answer), pattern);
    assert.equal(answer.look, look);
  });
}

test("an answer without a line says that it is being mended", () => {
  const answer = ChatMessage.answer();
  answer.connected = false;
  assert.match(noteOf(answer), /Reconnecting/);
});

test("an answer that is to stop says so until it has", () => {
  const answer = ChatMessage.answer();
  answer.stopping = true;
  assert.match(noteOf(answer), /Stopping/);
  answer.end({ state: "stopped" });
  assert.match(noteOf(answer), /was stopped/);
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

test("a kept answer tells why it failed as one that failed just now does", () => {
  const error = { error: "No.", code: "provider_failed", request_id: "r1", retry_after_seconds: 3 };
  const kept = ChatMessage.fromKept({
    id: "m1",
    role: "assistant",
    text: "",
    state: "failed",
    siblings: [],
    error,
  });
  assert.deepEqual(kept.problem, ended({ ...error, state: "failed" }).problem);
  assert.equal(detailsOf(kept), "Code: provider_failed\nRequest id: r1");
});

test("an answer that failed for a reason that nobody told still says so", () => {
  const kept = ChatMessage.fromKept({
    id: "m1",
    role: "assistant",
    text: "",
    state: "lost",
    siblings: [],
    error: null,
  });
  assert.match(kept.problem.reason, /not finished/);
});
