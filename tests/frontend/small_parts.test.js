import assert from "node:assert/strict";
import { test } from "node:test";
import { newClientId } from "../../chatapp/web/frontend/answers/client_id.js";
import { LocalMemory } from "../../chatapp/web/frontend/conversation/local_memory.js";
import { kindOf } from "../../chatapp/web/frontend/list/file_kind.js";
import { split } from "../../chatapp/web/frontend/views/sidebar/highlight.js";
import { Shelf } from "./shelf.js";

test("a draft is remembered until it is empty", () => {
  const shelf = new Shelf();
  const memory = new LocalMemory(() => shelf);
  memory.remember("draft.c1", "half a th");
  assert.equal(memory.recall("draft.c1"), "half a th");
  memory.remember("draft.c1", "");
  assert.deepEqual([memory.recall("draft.c1"), shelf.size], ["", 0]);
});

test("all that is ours can be forgotten, and nothing else", () => {
  const shelf = new Shelf([["theirs", "1"]]);
  const memory = new LocalMemory(() => shelf);
  memory.remember("draft.c1", "a");
  memory.remember("widget", "c1");
  memory.forgetAll();
  assert.deepEqual([...shelf.keys()], ["theirs"]);
});

test("where storage is forbidden, things are remembered until the page is closed", () => {
  const forbidden = () => {
    throw new DOMException("denied", "SecurityError");
  };
  const memory = new LocalMemory(forbidden);
  memory.remember("widget", "c1");
  assert.deepEqual([memory.recall("widget"), new LocalMemory(forbidden).recall("widget")], ["c1", ""]);
  memory.forgetAll();
  assert.equal(memory.recall("widget"), "");
});

test("what is too long for the storage is remembered, and nothing older comes back for it", () => {
  const shelf = new Shelf();
  const memory = new LocalMemory(() => shelf);
  const long = "x".repeat(1_000_000);
  memory.remember("draft.c1", "short");
  memory.remember("draft.c1", long);
  assert.deepEqual([memory.recall("draft.c1") === long, shelf.size], [true, 0]);
});

for (const [text, kind] of [
  ['{"type":"header"}\n', "application/x-ndjson"],
  ["\ufeff [\n{}]", "application/json"],
  ["PK\u0003\u0004…", "zip"],
  ["", "application/x-ndjson"],
]) {
  test(`a file that begins with ${JSON.stringify(text)} is ${kind}`, async () => {
    assert.equal(await kindOf(new Blob([text])), kind);
  });
}

for (const [text, query, pieces] of [
  ["Bread and butter", "", ["Bread and butter"]],
  ["Bread and bread", "bread", ["", "Bread", " and ", "bread", ""]],
  ["nothing in it", "in", ["nothing ", "in", " it"]],
  ["a (b) c", '"(b" c', ["a (", "b", ") ", "c", ""]],
]) {
  test(`“${query}” is found in “${text}”`, () => {
    assert.deepEqual(split(text, query), pieces);
  });
}

test("a client id is as good where the browser has no way to make one", () => {
  const plainHttp = { getRandomValues: (bytes) => crypto.getRandomValues(bytes) };
  const ids = [newClientId(plainHttp), newClientId(plainHttp)];
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  assert.notEqual(ids[0], ids[1]);
});
