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

for (const [wire, told] of [
  ["data: a\r\rdata: b\r\n\r\ndata: c\n\n", ["a", "b", "c"]],
  ["data\n\ndata:\n\ndata:  two\n\n", ["", "", " two"]],
  ["data: a\ndata\ndata: : b\n\n", ["a\n\n: b"]],
  ["event: end\nretry: 5\ndata: a\ndatum: b\n\n", ["a"]],
  ["\ufeffdata: a\n\n", ["a"]],
  ["id: 1\n\n\n\n", []],
]) {
  test(`${JSON.stringify(wire)} is read as the standard says, in one piece and in many`, async () => {
    const bytes = new TextEncoder().encode(wire);
    assert.deepEqual(await collect(body([bytes])), told);
    assert.deepEqual(await collect(body(Array.from(bytes, (byte) => Uint8Array.of(byte)))), told);
  });
}

test("an id with a NUL is none, and one without data is forgotten", async () => {
  const seen = [];
  const wire = "id: 5\n\nid: 6\0\ndata: a\n\n";
  for await (const { id } of readEvents(body([wire]))) seen.push(id);
  assert.deepEqual(seen, [undefined]);
});

// Were the line looked at for each piece, this would take minutes.
test("a long event in many pieces takes time as it is long", { timeout: 30_000 }, async () => {
  const pieces = ["data: ", ...Array(40_000).fill("x".repeat(400)), "\n\n"];
  async function* slowly() {
    for (const piece of pieces) {
      await new Promise(setImmediate); // the runner's clock gets a turn
      yield new TextEncoder().encode(piece);
    }
  }
  const [data] = await collect(ReadableStream.from(slowly()));
  assert.equal(data.length, 16_000_000);
});

test("a return at the end of a piece ends its line, whatever comes next", async () => {
  const told = ["a", "b"];
  assert.deepEqual(await collect(body(["data: a\r", "\r", "data: b\r\n", "\r\n"])), told);
  assert.deepEqual(await collect(body(["data: a\r", "\n\r", "\ndata: b\r", "\r", "x"])), told);
});
