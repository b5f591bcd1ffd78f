import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "../../chatapp/web/frontend/conversation/conversation.js";

/** Writes down every change of `conversation`. */
function record(conversation) {
  const changes = [];
  for (const change of ["added", "changed", "grown", "cleared"]) {
    conversation.on(change, ({ turn, text }) => changes.push([change, turn?.state, text]));
  }
  return changes;
}

test("listeners hear each change of a turn in order", () => {
  const conversation = new Conversation();
  const changes = record(conversation);
  const turn = conversation.add("Hello");
  conversation.append(turn, "Hi");
  conversation.finish(turn, {});
  assert.deepEqual(changes, [
    ["added", "waiting", undefined],
    ["grown", "streaming", "Hi"],
    ["changed", "done", undefined],
  ]);
});

test("a listener that unsubscribed hears nothing more", () => {
  const conversation = new Conversation();
  let heard = 0;
  const end = conversation.on("added", () => {
    heard += 1;
  });
  conversation.add("one");
  end();
  conversation.add("two");
  assert.equal(heard, 1);
});

test("the history is what came before the turn", () => {
  const conversation = new Conversation();
  for (const name of ["one", "two", "three"]) {
    const turn = conversation.add(name);
    conversation.append(turn, name.toUpperCase());
    conversation.finish(turn, {});
  }
  const [, second] = conversation.turns;
  assert.deepEqual(conversation.historyBefore(second), [
    { role: "user", content: "one" },
    { role: "assistant", content: "ONE" },
  ]);
});

test("a turn of a cleared conversation changes nothing that is heard", () => {
  const conversation = new Conversation();
  const turn = conversation.add("Hello");
  conversation.clear();
  const changes = record(conversation);
  conversation.stop(turn);
  assert.deepEqual([changes, conversation.turns], [[], []]);
});
