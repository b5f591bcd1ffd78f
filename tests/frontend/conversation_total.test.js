import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatMessage } from "../../chatapp/web/frontend/conversation/chat_message.js";
import { totalOf, wordsOf } from "../../chatapp/web/frontend/conversation/conversation_total.js";

function answer(tokens, usd, source = "provider", state = "complete") {
  const message = ChatMessage.answer();
  message.end({
    state,
    usage: tokens === null ? null : { total_tokens: tokens },
    cost: source && { usd, source },
  });
  return message;
}

function unsent() {
  const message = ChatMessage.answer();
  message.fail({ reason: "No.", code: "budget_spent", details: [] });
  return message;
}

const KNOWN = answer(5000, "0.009100001");

for (const [name, messages, words] of [
  ["nothing", [], ""],
  ["only a question", [ChatMessage.question("Hi")], ""],
  ["an answer that is still being made", [KNOWN, ChatMessage.answer()], "5,000 tokens, $0.0091"],
  ["counts of the provider", [KNOWN, answer(210, "0.0002")], "5,210 tokens, $0.0093"],
  ["an estimate", [KNOWN, answer(210, "0.0002", "estimated")], "about 5,210 tokens, $0.0093"],
  ["an unknown cost", [KNOWN, answer(210, null, "unknown")], "about 5,210 tokens, at least $0.0091"],
  [
    "an answer of which nothing is known",
    [KNOWN, answer(null, null, null)],
    "at least 5,000 tokens, $0.0091",
  ],
  ["only unknown costs", [answer(210, null, "unknown")], "about 210 tokens, cost unknown"],
  ["nothing known at all", [answer(null, null, null)], ""],
  ["nothing charged", [answer(0, "0", "provider", "failed")], ""],
  [
    "something tiny beside unknown ones",
    [answer(1, "0.00001"), answer(1, null, "unknown")],
    "about 2 tokens, at least $0.00001",
  ],
  ["something tiny", [answer(1, "0.00001", "estimated")], "about 1 token, <\u00a0$0.0001"],
  ["what was never sent", [KNOWN, unsent()], "5,000 tokens, $0.0091"],
]) {
  test(`the sum of ${name} reads “${words}”`, () => {
    const shown = wordsOf(totalOf(messages), { isWhole: true, isFake: false });
    assert.equal(shown, words && `This conversation: ${words}`);
  });
}

test("where older messages are not loaded, the sum is of those shown", () => {
  const words = wordsOf(totalOf([KNOWN]), { isWhole: false, isFake: false });
  assert.equal(words, "The messages shown: 5,000 tokens, $0.0091");
});

test("the fake's sum is what it would cost", () => {
  const words = wordsOf(totalOf([KNOWN]), { isWhole: true, isFake: true });
  assert.equal(words, "This conversation: 5,000 tokens, would cost $0.0091");
});

test("amounts that no float can hold are added exactly", () => {
  const { cost } = totalOf([answer(1, "9007199.254740993"), answer(1, "0.000000001")]);
  assert.equal(cost.sum, 9_007_199_254_740_994n);
});
