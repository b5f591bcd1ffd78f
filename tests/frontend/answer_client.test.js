import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerClient } from "../../chatapp/web/frontend/answers/answer_client.js";
import { body, event } from "./streams.js";

const DONE = {
  done: true,
  model: "gpt-4o-mini",
  finish_reason: "stop",
  usage: { total_tokens: 3 },
  cost: null,
};
const QUESTION = { message: "Hello", messages: [], model: "gpt-4o" };

/** Asks a server that answers with `answer`; returns everything that came of it. */
async function ask(answer, { silenceMs = 1000, controller = new AbortController() } = {}) {
  const asked = { text: "", request: undefined, ending: undefined, error: undefined };
  const fetch = async (address, options) => {
    asked.request = { address, ...options };
    return answer(options.signal);
  };
  const onText = (text) => {
    asked.text += text;
  };
  const client = new AnswerClient("/chat/stream", { fetch, silenceMs });
  try {
    asked.ending = await client.ask(QUESTION, { signal: controller.signal, onText });
  } catch (error) {
    asked.error = error;
  }
  return asked;
}

const stream = (pieces, afterwards) => async () => new Response(body(pieces, afterwards));

/** An answer that stays silent until its request is aborted, as a real fetch does. */
const silent = (pieces) => async (signal) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        signal.addEventListener("abort", () => controller.error(signal.reason));
      },
    }),
  );

test("the text comes in order and the last event is returned", async () => {
  const { text, ending } = await ask(
    stream([event({ content: "Hello " }), event({ content: "you" }), event(DONE)]),
  );
  assert.equal(text, "Hello you");
  assert.deepEqual(ending, DONE);
});

test("the question is sent as JSON and a stream is asked for", async () => {
  const { request } = await ask(stream([event(DONE)]));
  assert.equal(request.address, "/chat/stream");
  assert.deepEqual(JSON.parse(request.body), QUESTION);
  assert.deepEqual(request.headers, { "Content-Type": "application/json", Accept: "text/event-stream" });
});

test("a model that was not chosen is not sent", async () => {
  let sent;
  const fetch = async (_, options) => {
    sent = JSON.parse(options.body);
    return new Response(body([event(DONE)]));
  };
  const options = { signal: new AbortController().signal, onText: () => {} };
  await new AnswerClient("/", { fetch }).ask({ ...QUESTION, model: undefined }, options);
  assert.equal("model" in sent, false);
});

test("an error event keeps the text so far and says why", async () => {
  const failure = { error: "It broke.", code: "provider_failed", request_id: "r1", retry_after_seconds: 5 };
  const { text, error } = await ask(stream([event({ content: "half" }), event(failure)]));
  assert.equal(text, "half");
  assert.deepEqual(error.problem, {
    reason: "It broke.",
    code: "provider_failed",
    requestId: "r1",
    retryAfterSeconds: 5,
    details: [],
  });
});

for (const afterwards of ["end", "break"]) {
  test(`a stream that just ${afterwards}s is a lost connection`, async () => {
    const { text, error } = await ask(stream([event({ content: "half" })], afterwards));
    assert.equal(text, "half");
    assert.equal(error.problem.code, "connection_lost");
  });
}

test("a silent line is a lost connection", async () => {
  const { text, error } = await ask(silent([event({ content: "half" })]), { silenceMs: 20 });
  assert.equal(text, "half");
  assert.equal(error.problem.code, "connection_lost");
});

test("stopping rejects with the reason of the signal and not with a problem", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 10);
  const { text, error } = await ask(silent([event({ content: "half" })]), { controller });
  assert.equal(text, "half");
  assert.equal(error, controller.signal.reason);
});

test("an event that is no JSON is unreadable", async () => {
  const { error } = await ask(stream(["data: {oops\n\n"]));
  assert.equal(error.problem.code, "unreadable");
});

test("events of kinds still unknown are passed over", async () => {
  const { text, error } = await ask(
    stream([event({ reply: {} }), event(null), event({ content: "x" }), event(DONE)]),
  );
  assert.deepEqual([text, error], ["x", undefined]);
});

test("a server out of reach says so", async () => {
  const { error } = await ask(async () => {
    throw new TypeError("Failed to fetch");
  });
  assert.equal(error.problem.code, "unreachable");
});

test("a refused request tells what the server said", async () => {
  const refused = {
    error: "The message is too long.",
    code: "invalid_request",
    request_id: "r2",
    details: [{ path: "message", reason: "Longer than 100." }],
  };
  const headers = { "Retry-After": "12" };
  const { error } = await ask(async () => Response.json(refused, { status: 400, headers }));
  assert.deepEqual(error.problem, {
    reason: "The message is too long.",
    code: "invalid_request",
    requestId: "r2",
    retryAfterSeconds: 12,
    details: ["message: Longer than 100."],
  });
});

test("an error page of a proxy still becomes a sentence", async () => {
  const headers = { "X-Request-Id": "r3", "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" };
  const { error } = await ask(async () => new Response("<h1>Bad gateway</h1>", { status: 502, headers }));
  assert.match(error.problem.reason, /status 502/);
  assert.deepEqual([error.problem.requestId, error.problem.retryAfterSeconds], ["r3", null]);
});
