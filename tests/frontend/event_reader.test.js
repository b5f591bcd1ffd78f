import assert from "node:assert/strict";
import { test } from "node:test";
import { readEvents } from "../../chatapp/web/frontend/answers/event_reader.js";
import { body, event } from "./streams.js";

const WIRE = `: hello\n\n${event({ content: "Grüße, 世界 👋" })}\r\ndata: {"a":\ndata: 1}\n\n`;
const DATA = ['{"content":"Grüße, 世界 👋"}', '{"a":\n1}'];

async function collect(stream, onBytes) {
  const seen = [];
  for await (const { data } of readEvents(stream, onBytes)) seen.push(data);
  return seen;
}

test("events arrive whole wherever the bytes are split", async () => {
  const bytes = new TextEncoder().encode(WIRE);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    assert.deepEqual(await collect(body([bytes.slice(0, cut), bytes.slice(cut)])), DATA);
  }
});

test("events arrive whole one byte at a time", async () => {
  const bytes = Array.from(new TextEncoder().encode(WIRE), (byte) => Uint8Array.of(byte));
  assert.deepEqual(await collect(body(bytes)), DATA);
});

test("comments are no events but count as a sign of life", async () => {
  let signs = 0;
  const seen = await collect(body([": one\n\n", ": two\n\n"]), () => {
    signs += 1;
  });
  assert.deepEqual([seen, signs], [[], 2]);
});

test("an event without its blank line is not told", async () => {
  assert.deepEqual(await collect(body(['data: {"content":"half'])), []);
});

test("leaving the loop early closes the connection", async () => {
  let closed = false;
  const stream = body([event({ content: "one" })], "stay", () => {
    closed = true;
  });
  for await (const _ of readEvents(stream)) break;
  await new Promise(setImmediate);
  assert.equal(closed, true);
});

test("an event carries its own id and nobody else's", async () => {
  const seen = [];
  for await (const { id } of readEvents(body(["id: 5\ndata: a\n\n", "data: b\n\n"]))) seen.push(id);
  assert.deepEqual(seen, ["5", undefined]);
});
