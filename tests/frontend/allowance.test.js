import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerError } from "../../chatapp/web/frontend/answers/answer_error.js";
import { Retrying } from "../../chatapp/web/frontend/answers/retrying.js";
import { allowanceOf, stageOf } from "../../chatapp/web/frontend/conversation/allowance.js";
import { Branch } from "../../chatapp/web/frontend/conversation/branch.js";
import { ChatSession } from "../../chatapp/web/frontend/conversation/chat_session.js";
import { texts } from "../../chatapp/web/frontend/texts.js";
import { NoOutbox } from "./no_outbox.js";
import { ScriptedServer } from "./scripted_server.js";
import { NoPauses } from "./streams.js";

const TOLD = { of: "visitor", used_percent: 84, returns_at: "2026-11-29T00:00:00.000Z" };

function sessionWith(server) {
  const told = [];
  const retrying = new Retrying(new NoPauses());
  const branch = new Branch();
  const session = new ChatSession(server, branch, {
    outbox: new NoOutbox(),
    retrying,
    onAllowance: (each) => told.push(each),
  });
  return { session, branch, told };
}

test("a visitor's own budget is read with its percent", () => {
  assert.deepEqual(allowanceOf(TOLD), { usedPercent: 84, returnsAt: new Date("2026-11-29T00:00:00Z") });
});

test("everybody's budget is read without figures", () => {
  assert.equal(allowanceOf({ ...TOLD, of: "everybody", used_percent: null }).usedPercent, null);
});

for (const told of [
  undefined,
  null,
  "84 %",
  {},
  { ...TOLD, returns_at: "soon" },
  { ...TOLD, returns_at: 0 },
  { ...TOLD, used_percent: null },
  { ...TOLD, used_percent: "84" },
  { ...TOLD, of: "nobody" },
]) {
  test(`${JSON.stringify(told)} says nothing of a budget`, () => assert.equal(allowanceOf(told), null));
}

test("there is news with each further 5 percent, and with each day", () => {
  const stages = [80, 84, 85, 89, 100].map((used_percent) => stageOf(allowanceOf({ ...TOLD, used_percent })));
  assert.equal(stages[0], stages[1]);
  assert.equal(stages[2], stages[3]);
  assert.equal(new Set(stages).size, 3);
  assert.notEqual(stageOf(allowanceOf({ ...TOLD, returns_at: "2026-11-30T00:00:00.000Z" })), stages[0]);
});

test("what the server says of a budget comes with the end of an answer", async () => {
  const server = new ScriptedServer();
  server.allowance = TOLD;
  const { session, told } = sessionWith(server);
  await session.send("Hi");
  server.allowance = undefined;
  await session.send("Hi again");
  assert.deepEqual(told, [TOLD, undefined]);
});

test("an answer that fails takes no notice away", async () => {
  const server = new ScriptedServer();
  server.fails = 1;
  const { session, told } = sessionWith(server);
  await session.send("Hi");
  assert.deepEqual(told, []);
});

for (const code of ["budget_spent", "too_many_replies", "rate_limited"]) {
  test(`what is refused as ${code} is shown, and not asked again by itself`, async () => {
    const server = new ScriptedServer();
    const headers = { "Retry-After": "10800" };
    const response = Response.json(
      { error: "It is used up.", code, request_id: "r1" },
      { status: 429, headers },
    );
    server.refuses = await AnswerError.fromResponse(response);
    const { session, branch } = sessionWith(server);
    await session.send("Hi");
    await server.idle();
    assert.equal(server.questions.length, 1);
    const { look, problem } = branch.last;
    assert.deepEqual([look, problem.reason, problem.code], ["failed", "It is used up.", code]);
    assert.match(texts.retryAfter(problem.retryAfterSeconds), /about 3 hours before/);
  });
}

for (const [seconds, words] of [
  [1, "1 second"],
  [60, "60 seconds"],
  [121, "3 minutes"],
  [3540, "59 minutes"],
  [3600, "1 hour"],
  [10_800, "3 hours"],
  [86_399, "24 hours"],
]) {
  test(`a wait of ${seconds} s is told as ${words}`, () =>
    assert.match(texts.retryAfter(seconds), RegExp(` ${words} `)));
}
