import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "../../chatapp/web/frontend/conversation/conversation.js";
import { ConversationMemory } from "../../chatapp/web/frontend/conversation/conversation_memory.js";

/** A tab's storage, as far as it is used. */
class TabStorage extends Map {
  getItem(key) {
    return this.get(key) ?? null;
  }

  setItem(key, value) {
    this.set(key, value);
  }

  removeItem(key) {
    this.delete(key);
  }
}

function remembered(storage, key = "chat") {
  const memory = new ConversationMemory(key, () => storage);
  const conversation = new Conversation(memory.recall());
  return { memory, conversation, end: memory.follow(conversation) };
}

test("a conversation is recalled as it ended", () => {
  const storage = new TabStorage();
  const { conversation } = remembered(storage);
  const turn = conversation.add("Hello");
  conversation.append(turn, "Hi");
  conversation.finish(turn, { model: "gpt-4o" });
  const [again] = remembered(storage).conversation.turns;
  assert.deepEqual(again.toJSON(), turn.toJSON());
});

test("two conversations are kept apart by their keys", () => {
  const storage = new TabStorage();
  remembered(storage, "chat").conversation.add("Hello");
  assert.deepEqual(remembered(storage, "widget").conversation.turns, []);
});

test("nothing is stored before the first question or after clearing", () => {
  const storage = new TabStorage();
  const { conversation } = remembered(storage);
  assert.equal(storage.size, 0);
  conversation.add("Hello");
  assert.equal(storage.size, 1);
  conversation.clear();
  assert.equal(storage.size, 0);
});

test("after following has ended nothing more is saved", () => {
  const storage = new TabStorage();
  const { conversation, end } = remembered(storage);
  end();
  conversation.add("Hello");
  assert.equal(storage.size, 0);
});

test("text that still grows is kept when it is saved by hand", () => {
  const storage = new TabStorage();
  const { conversation, memory } = remembered(storage);
  conversation.append(conversation.add("Hello"), "half");
  memory.save(conversation);
  assert.equal(remembered(storage).conversation.turns[0].text, "half");
});

for (const [name, open] of [
  [
    "forbids storage",
    () => {
      throw new Error("SecurityError");
    },
  ],
  ["holds what is no conversation", () => new TabStorage([["chat", "{oops"]])],
]) {
  test(`a browser that ${name} begins with an empty conversation`, () => {
    const memory = new ConversationMemory("chat", open);
    assert.deepEqual(memory.recall(), []);
    assert.doesNotThrow(() => memory.save(new Conversation()));
  });
}
