import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "../../chatapp/web/frontend/conversation/drafts.js";
import { LocalMemory } from "../../chatapp/web/frontend/conversation/local_memory.js";
import { Shelf } from "./shelf.js";

/** What a page finds that is opened after another one has closed. */
function pageOn(shelf) {
  return new Drafts(new LocalMemory(() => shelf));
}

/** The question as it goes to the server. */
function asked(question, parent_id = null) {
  return { ...question, parent_id };
}

/** A message of a branch, as far as it is compared. */
function shown(id, text, siblings = [id]) {
  return { id, text, siblings };
}

test("nothing is left of a text that was sent and has come", () => {
  const shelf = new Shelf();
  const drafts = pageOn(shelf);
  drafts.keep("new", "Hello");
  const question = drafts.send("new", "Hello");
  assert.equal(drafts.recall("new"), "");
  drafts.arrived(question);
  assert.deepEqual([pageOn(shelf).recall("new"), shelf.size], ["", 0]);
});

test("what was on its way when the page closed comes back before what was written since", () => {
  const shelf = new Shelf();
  const drafts = pageOn(shelf);
  drafts.send("c1", "Hello");
  drafts.keep("c1", "and then");
  const later = pageOn(shelf);
  assert.deepEqual([later.recall("c1"), later.recall("c1")], ["Hello\n\nand then", "Hello\n\nand then"]);
});

test("what nobody tries to send any more comes back in the same page", () => {
  const drafts = pageOn(new Shelf());
  drafts.giveUp(drafts.send("c1", "Hello"));
  assert.equal(drafts.recall("c1"), "Hello");
});

test("a question that may have come is sent again as the same one, unless it is changed", () => {
  const shelf = new Shelf();
  const earlier = pageOn(shelf);
  const question = asked(earlier.send("c1", "Hello"), "m1");
  earlier.hold("c1", question);
  const later = pageOn(shelf);
  later.recall("c1");
  assert.deepEqual(later.send("c1", "Hello"), question);
  const last = pageOn(shelf);
  last.recall("c1");
  assert.notEqual(last.send("c1", "Hello!").client_id, question.client_id);
  assert.equal(pageOn(shelf).recall("c1"), "Hello!");
});

test("a question that was refused is asked as a new one", () => {
  const drafts = pageOn(new Shelf());
  const question = asked(drafts.send("c1", "Hello"));
  drafts.hold("c1", question);
  drafts.giveUp(question);
  drafts.recall("c1");
  assert.notEqual(drafts.send("c1", "Hello").client_id, question.client_id);
});

test("no question takes the place of another one", () => {
  const shelf = new Shelf();
  const drafts = pageOn(shelf);
  const first = drafts.send("new", "first");
  const second = drafts.send("new", "second");
  drafts.hold("c1", asked(first));
  assert.deepEqual([pageOn(shelf).recall("new"), pageOn(shelf).recall("c1")], ["second", "first"]);
  drafts.arrived(first);
  drafts.giveUp(second);
  assert.deepEqual([drafts.recall("new"), pageOn(shelf).recall("c1")], ["second", ""]);
});

test("what another tab offers is no draft any more once it has come", () => {
  const shelf = new Shelf();
  const [one, other] = [pageOn(shelf), pageOn(shelf)];
  const question = asked(one.send("c1", "Hello"), "m1");
  one.hold("c1", question);
  other.keep("c1", "mine");
  assert.equal(other.recall("c1"), "Hello\n\nmine");
  one.arrived(question);
  assert.equal(other.recall("c1"), "mine");
  assert.deepEqual(other.send("c1", "Hello"), question);
});

test("what has come after all is forgotten, but not what was written again by hand", () => {
  const shelf = new Shelf();
  const earlier = pageOn(shelf);
  earlier.hold("c1", asked(earlier.send("c1", "Hello"), "m1"));
  earlier.stop(asked(earlier.send("c1", "Stop"), "m2"));
  const later = pageOn(shelf);
  later.keep("c1", "more");
  later.recall("c1");
  const came = later.compare("c1", [shown("m1", "Hi"), shown("m2", "Hello")]);
  assert.deepEqual(
    [came.map(({ question }) => question.message), later.recall("c1")],
    [["Hello"], "Stop\n\nmore"],
  );
  later.keep("c1", "Hello");
  assert.deepEqual(
    [later.compare("c1", [shown("m1", "Hi"), shown("m2", "Hello")]), later.recall("c1")],
    [[], "Hello"],
  );
});

test("what surely has not come is asked where the conversation is now", () => {
  const shelf = new Shelf();
  const earlier = pageOn(shelf);
  const question = asked(earlier.send("c1", "Hello"), "m1");
  earlier.hold("c1", question);
  const later = pageOn(shelf);
  later.compare("c1", [shown("m1", "Hi"), shown("m2", "other", ["m2", "m3"])]);
  later.recall("c1");
  later.compare("c1", [shown("m1", "Hi"), shown("m2", "other")]);
  later.recall("c1");
  assert.equal(later.send("c1", "Hello").parent_id, undefined);
});

test("a question of a moment ago is sent again by itself at the end of its conversation, unless it was stopped", () => {
  let now = 9_000_000;
  const page = (shelf) => new Drafts(new LocalMemory(() => shelf), () => now);
  const shelf = new Shelf();
  const earlier = page(shelf);
  const question = asked(earlier.send("c1", "Hello"), "m1");
  earlier.hold("c1", question);
  assert.equal(earlier.unfinished("c1", "m1"), undefined);
  assert.deepEqual(page(shelf).unfinished("c1", "m1"), question);
  assert.equal(page(shelf).unfinished("c1", "m2"), undefined);
  now += 3_600_000;
  assert.equal(page(shelf).unfinished("c1", "m1"), undefined);
  now -= 3_600_000;
  earlier.stop(question);
  assert.equal(page(shelf).unfinished("c1", "m1"), undefined);
});

test("a new conversation takes along what was written for it", () => {
  const drafts = pageOn(new Shelf());
  drafts.send("new", "Hello");
  drafts.keep("new", "and then");
  drafts.move("new", "c1");
  assert.deepEqual([drafts.recall("new"), drafts.recall("c1")], ["", "and then"]);
});

test("all that was written and asked is taken from where it would be lost", () => {
  const shelf = new Shelf();
  const drafts = pageOn(shelf);
  drafts.send("c1", "Hello");
  drafts.keep("c1", "and then");
  assert.deepEqual([drafts.take("c1"), drafts.recall("c1"), shelf.size], ["Hello\n\nand then", "", 0]);
});

test("what is no list of questions is nothing", () => {
  const shelf = new Shelf([["chatapp.unsent.c1", "Hello"]]);
  assert.equal(pageOn(shelf).recall("c1"), "");
});

test("the newest drafts are kept, and those changed last are the newest", () => {
  const shelf = new Shelf();
  const drafts = pageOn(shelf);
  for (let number = 0; number < 20; number += 1) drafts.keep(`c${number}`, "text");
  drafts.keep("c0", "text again");
  drafts.keep("c20", "text");
  assert.deepEqual(
    [drafts.recall("c0"), drafts.recall("c1"), drafts.recall("c2")],
    ["text again", "", "text"],
  );
  assert.equal(shelf.size, 21);
});

for (const odd of [
  "{",
  "null",
  '{"name":"new","question":null}',
  '{"name":"new","question":{"message":5}}',
  "[]",
]) {
  test(`what somebody else has written into the storage is no question: ${odd}`, () => {
    const shelf = new Shelf([
      ["chatapp.drafts", "asked.x draft.new"],
      ["chatapp.asked.x", odd],
      ["chatapp.draft.new", "mine"],
    ]);
    assert.equal(pageOn(shelf).recall("new"), "mine");
  });
}

test("a question on its way outlives many drafts", () => {
  const shelf = new Shelf();
  const drafts = pageOn(shelf);
  drafts.send("c1", "Hello");
  for (let number = 0; number < 30; number += 1) drafts.keep(`d${number}`, "x");
  assert.equal(pageOn(shelf).recall("c1"), "Hello");
});

test("what another tab has sent from the same box is told to this one", () => {
  const shelf = new Shelf();
  const sender = pageOn(shelf);
  const question = asked(sender.send("c1", "Hello"), "k1");
  sender.hold("c1", question);
  const later = pageOn(shelf);
  assert.equal(later.recall("c1"), "Hello");
  sender.arrived(question);
  const came = later.compare("c1", [shown("k1", "a"), shown("u1", "Hello")]);
  assert.deepEqual(
    came.map((each) => each.question.message),
    ["Hello"],
  );
});

test("a full storage loses nothing of what is in it", () => {
  const shelf = new Shelf();
  const earlier = pageOn(shelf);
  earlier.hold("c1", asked(earlier.send("c1", "Hello"), "m1"));
  earlier.keep("c2", "draft");
  shelf.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const full = pageOn(shelf);
  full.keep("c3", "new");
  assert.equal(full.recall("c3"), "new");
  const later = pageOn(shelf);
  assert.deepEqual([later.recall("c1"), later.recall("c2")], ["Hello", "draft"]);
});
