import assert from "node:assert/strict";
import { test } from "node:test";
import {
  costDetailsOf,
  costOf,
  detailsOf,
  noteOf,
} from "../../chatapp/web/frontend/conversation/answer_facts.js";
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

for (const [leftOut, pattern] of [
  [0, /^$/],
  [1, /^The oldest message no longer fits into this model and was left out\.$/],
  [1234, /^The oldest 1,234 messages no longer fit into this model and were left out\.$/],
]) {
  test(`an answer whose model was not told ${leftOut} messages says so from the start on`, () => {
    const answer = ChatMessage.fromKept({ role: "assistant", id: "r1", state: "running", left_out: leftOut });
    assert.match(noteOf(answer), pattern);
    answer.end({ state: "complete" });
    assert.match(noteOf(answer), pattern);
  });
}

test("what was left out stands behind how an answer ended", () => {
  const kept = { role: "assistant", id: "r1", state: "stopped", left_out: 2 };
  assert.match(noteOf(ChatMessage.fromKept(kept)), /was stopped\. The oldest 2 messages/);
  assert.equal(noteOf(ChatMessage.fromKept({ ...kept, state: "complete", left_out: null })), "");
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
    "gpt-4o · 1 token · about $0.10",
  ],
  [
    { model: "gpt-4o", usage: { total_tokens: 11 }, cost: { usd: "0.00000255", source: "provider" } },
    "gpt-4o · 11 tokens · <\u00a0$0.0001",
  ],
  [
    { model: "mine", usage: { total_tokens: 11 }, cost: { usd: null, source: "unknown" } },
    "mine · 11 tokens · cost unknown",
  ],
  [{ model: "gpt-4o", usage: null, cost: { usd: null, source: "unknown" } }, "gpt-4o · cost unknown"],
  [
    { model: "gpt-4o", usage: { total_tokens: 0 }, cost: { usd: "0", source: "provider" } },
    "gpt-4o · nothing charged",
  ],
  [{ model: "gpt-4o" }, "gpt-4o"],
  [{}, ""],
]) {
  test(`what is known of cost reads “${line}”`, () => {
    assert.equal(costOf(ended(ending)), line);
  });
}

test("the fake's answers say what they would cost", () => {
  const answer = ended({ usage: { total_tokens: 9 }, cost: { usd: "0.0012", source: "estimated" } });
  assert.equal(costOf(answer, true), "9 tokens · would cost about $0.0012");
  assert.equal(costDetailsOf(answer, true)[0].name, "Would cost");
});

test("the details name every part that was told, and the exact cost", () => {
  const answer = ended({
    model: "gpt-4o",
    usage: {
      prompt_tokens: 1200,
      completion_tokens: 300,
      total_tokens: 1500,
      prompt_tokens_details: { cached_tokens: 1000, cache_write_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 250 },
    },
    cost: { usd: "0.001234567", source: "provider", price_as_of: "2026-11-22" },
  });
  assert.deepEqual(
    costDetailsOf(answer).map(({ name, value }) => `${name}: ${value}`),
    [
      "Model: gpt-4o",
      "Tokens in: 1,200",
      "of these cached: 1,000",
      "of these written to the cache: 0",
      "Tokens out: 300",
      "of these for reasoning: 250",
      "Cost: $0.001234567",
      "Counted by: the provider",
      "Prices of: 22 Nov 2026",
    ],
  );
});

test("the details of an unknown cost hold no number, and no date", () => {
  const answer = ended({ usage: null, cost: { usd: null, source: "unknown", price_as_of: null } });
  assert.deepEqual(costDetailsOf(answer), [{ name: "Cost", value: "unknown" }]);
});

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
