import assert from "node:assert/strict";
import { test } from "node:test";
import { Branch } from "../../chatapp/web/frontend/conversation/branch.js";
import { ChatMessage } from "../../chatapp/web/frontend/conversation/chat_message.js";
import { PromptSize } from "../../chatapp/web/frontend/conversation/prompt_size.js";
import { Tariff } from "../../chatapp/web/frontend/conversation/tariff.js";

/** A branch with these messages: texts of a person, and answers with what they are ended with. */
function branchOf(messages, { before = null, system = null } = {}) {
  const branch = new Branch();
  branch.open({ id: "c1", system, messages: [], before });
  branch.continue(
    null,
    messages.map((said) => {
      if (typeof said === "string") return ChatMessage.question(said);
      const answer = ChatMessage.answer();
      answer.text = said.text;
      if (said.state) answer.end(said);
      return answer;
    }),
  );
  return branch;
}

const COUNTED = {
  text: "hello",
  state: "complete",
  usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
};

for (const [name, branch, tokens] of [
  ["a new chat is its first message", branchOf([]), 3 + 4 + 2],
  ["instructions count", branchOf([], { system: "hello" }), 3 + 4 + 2 + 4 + 2],
  ["without any count, all texts are estimated", branchOf(["hello", { text: "hello" }]), 3 + 3 * (4 + 2)],
  [
    "a count stands for all before it",
    branchOf(["x".repeat(900), COUNTED], { system: "hello" }),
    120 + 4 + 4 + 2,
  ],
  ["what came after the count is estimated", branchOf(["a", COUNTED, "hello"]), 120 + 4 + 4 + 2 + 4 + 2],
  [
    "what was thought is not sent again",
    branchOf([
      { ...COUNTED, usage: { ...COUNTED.usage, completion_tokens_details: { reasoning_tokens: 15 } } },
    ]),
    105 + 4 + 4 + 2,
  ],
  [
    "a count of a failed answer is none",
    branchOf(["hello", { text: "", state: "failed", usage: { prompt_tokens: 0, completion_tokens: 0 } }]),
    3 + 2 * (4 + 2),
  ],
]) {
  test(`${name}`, () => {
    assert.deepEqual(new PromptSize(branch).with("hello"), { tokens, isWhole: true });
  });
}

test("the owner's instructions count, though no page has them", () => {
  assert.equal(new PromptSize(branchOf([]), 50).with("hello").tokens, 3 + 54 + 4 + 2);
});

test("what is not loaded is missing, unless a count stands for it", () => {
  assert.equal(new PromptSize(branchOf(["hello"], { before: "m1" })).with("a").isWhole, false);
  assert.equal(new PromptSize(branchOf([COUNTED], { before: "m1" })).with("a").isWhole, true);
});

test("an answer that grows is counted anew", () => {
  const branch = branchOf(["hello", { text: "hello" }]);
  const size = new PromptSize(branch);
  const before = size.with("a").tokens;
  branch.grow(branch.last, "hello");
  assert.equal(size.with("a").tokens, before + 2);
});

const DATA = { inputNanoUsd: "150000000", outputNanoUsd: "600000000", maxOutputTokens: "4096" };

for (const [name, data, tokens, nano] of [
  ["prompt and longest answer", DATA, 1000, 150_000n + 2_457_600n],
  ["a dearer write to the cache", { ...DATA, cacheWriteNanoUsd: "200000000" }, 1000, 200_000n + 2_457_600n],
  ["no cheaper write to the cache", { ...DATA, cacheWriteNanoUsd: "1" }, 1000, 150_000n + 2_457_600n],
  [
    "a part of a nano-dollar, rounded up",
    { inputNanoUsd: "1", outputNanoUsd: "0", maxOutputTokens: "1" },
    1,
    1n,
  ],
  ["a prompt that is not long yet", long("1000"), 1000, 150_000n + 2_457_600n],
  ["a long prompt", long("999"), 1000, 300_000n + 3_686_400n],
  ["no price", { maxOutputTokens: "4096" }, 1000, null],
  ["a price that is none", { ...DATA, inputNanoUsd: "0.15" }, 1000, null],
]) {
  test(`the most that an answer can cost: ${name}`, () => assert.equal(new Tariff(data).most(tokens), nano));
}

function long(longPromptAbove) {
  return { ...DATA, longPromptAbove, longInput: "200", longOutput: "150" };
}
