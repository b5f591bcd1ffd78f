import assert from "node:assert/strict";
import { test } from "node:test";
import { Turn } from "../../chatapp/web/frontend/conversation/turn.js";

const PROBLEM = { reason: "It broke.", code: "lost", requestId: null, retryAfterSeconds: null, details: [] };

test("a turn waits, streams and is done", () => {
  const turn = new Turn("Hello");
  const states = [turn.state];
  turn.append("Hi");
  states.push(turn.state);
  turn.finish({ finish_reason: "stop" });
  states.push(turn.state);
  assert.deepEqual(states, ["waiting", "streaming", "done"]);
});

test("a finished answer is told to the model later", () => {
  const turn = new Turn("Hello");
  turn.append("Hi");
  assert.deepEqual(turn.history, []);
  turn.finish({});
  assert.deepEqual(turn.history, [
    { role: "user", content: "Hello" },
    { role: "assistant", content: "Hi" },
  ]);
});

test("a stopped answer is told only when it has text", () => {
  const [early, late] = [new Turn("one"), new Turn("two")];
  early.stop();
  late.append("some");
  late.stop();
  assert.deepEqual([early.history.length, late.history.length], [0, 2]);
});

test("a failed answer is never told", () => {
  const turn = new Turn("Hello");
  turn.append("half");
  turn.fail(PROBLEM);
  assert.deepEqual(turn.history, []);
});

test("a restarted turn has nothing of its first try", () => {
  const turn = new Turn("Hello");
  turn.append("half");
  turn.fail(PROBLEM);
  turn.restart();
  assert.deepEqual([turn.state, turn.text, turn.problem, turn.pending], ["waiting", "", null, true]);
});

test("a turn survives being saved", () => {
  const turn = new Turn("Hello");
  turn.append("half");
  turn.fail(PROBLEM);
  const again = Turn.fromJSON(JSON.parse(JSON.stringify(turn)));
  assert.deepEqual(again.toJSON(), turn.toJSON());
});

test("a turn that is saved while it runs comes back as stopped", () => {
  const turn = new Turn("Hello");
  turn.append("half");
  const again = Turn.fromJSON(JSON.parse(JSON.stringify(turn)));
  assert.deepEqual([again.state, again.text, again.pending], ["stopped", "half", false]);
});
