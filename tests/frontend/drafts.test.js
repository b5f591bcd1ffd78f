import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "../../chatapp/web/frontend/conversation/drafts.js";
import { LocalMemory } from "../../chatapp/web/frontend/conversation/local_memory.js";
import { Shelf } from "./shelf.js";

/** What a page finds that is opened after another one has closed. */
function pageOn(shelf) {
  return new Drafts(new LocalMemory(() => shelf));
}

test("nothing is left of a text that was sent and has come", () => {
  const shelf = new Shelf();
  const drafts = pageOn(shelf);
  drafts.keep("new", "Hello");
  drafts.send("new", "Hello");
  assert.equal(drafts.recall("new"), "");
  drafts.sent("Hello");
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
  drafts.send("c1", "Hello");
  drafts.giveUp("Hello");
  assert.equal(drafts.recall("c1"), "Hello");
});

test("what has come after all is forgotten, but not what was written again by hand", () => {
  const shelf = new Shelf();
  pageOn(shelf).send("c1", "Hello");
  const later = pageOn(shelf);
  assert.equal(later.hasCome("c1", "Hello"), false);
  later.recall("c1");
  assert.deepEqual([later.hasCome("c1", "Hello"), later.recall("c1")], [true, ""]);
  later.keep("c1", "Bye");
  assert.deepEqual([later.hasCome("c1", "Bye"), later.recall("c1")], [false, "Bye"]);
});

test("a new conversation takes along what was written for it", () => {
  const shelf = new Shelf();
  const drafts = pageOn(shelf);
  drafts.send("new", "Hello");
  drafts.keep("new", "and then");
  drafts.move("new", "c1");
  assert.deepEqual([drafts.recall("new"), drafts.recall("c1")], ["", "and then"]);
  drafts.sent("Hello");
  assert.equal(pageOn(shelf).recall("c1"), "and then");
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
