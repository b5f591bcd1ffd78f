import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerError } from "../../chatapp/web/frontend/answers/answer_error.js";
import { ReplyFollower } from "../../chatapp/web/frontend/answers/reply_follower.js";
import { Retrying } from "../../chatapp/web/frontend/answers/retrying.js";
import { body, event, NoPauses, wireOf } from "./streams.js";

const ANSWER = "Grüße 👋🏽 an die 世界 und 👩‍👩‍👧 – Ende";
const encoder = new TextEncoder();

/** Follows an answer over these connections: each gets what is known, and returns a body or throws. */
async function follow(
  connections,
  { known = 0, silenceMs = 1000, now, controller = new AbortController() } = {},
) {
  const seen = { text: "", asked: [], connected: [], pauses: new NoPauses(), last: null, error: null };
  const api = {
    events: async (_, characters, signal) => {
      seen.asked.push(characters);
      const connection = connections.length > 1 ? connections.shift() : connections[0];
      return new Response(connection(characters, signal));
    },
  };
  const follower = new ReplyFollower(api, { retrying: new Retrying(seen.pauses, now), silenceMs });
  try {
    seen.last = await follower.follow("r1", known, {
      signal: controller.signal,
      onText: (text) => {
        seen.text += text;
      },
      onConnection: (connected) => seen.connected.push(connected),
    });
  } catch (error) {
    seen.error = error;
  }
  return seen;
}

const whole = (known) => body([wireOf(ANSWER, known)]);
const cutAt = (bytes, how) => (known) => body([encoder.encode(wireOf(ANSWER, known)).slice(0, bytes)], how);
const unreachable = () => {
  throw AnswerError.unreachable();
};

test("wherever the line is cut the text has no gap and no repetition", async () => {
  const length = encoder.encode(wireOf(ANSWER, 0)).length;
  for (let cut = 0; cut < length; cut += 1) {
    const { text, last } = await follow([cutAt(cut, cut % 2 ? "end" : "break"), whole]);
    assert.deepEqual([text, last.state], [ANSWER, "complete"], `cut behind ${cut} bytes`);
  }
});

test("a line that breaks again and again still brings the whole text", async () => {
  const { text, asked } = await follow([...Array.from({ length: 9 }, () => cutAt(170, "break")), whole]);
  assert.equal(text, ANSWER);
  assert.deepEqual(
    asked,
    asked.toSorted((one, other) => one - other),
  );
});

test("a server that brings known text again is not repeated", async () => {
  const { text } = await follow([cutAt(150, "break"), () => whole(0)]);
  assert.equal(text, ANSWER);
});

test("what is known at the beginning is not asked for", async () => {
  const { text, asked } = await follow([whole], { known: 7 });
  assert.equal(text, [...ANSWER].slice(7).join(""));
  assert.deepEqual(asked, [7]);
});

test("the reader hears when the line breaks and when it is back", async () => {
  const { connected, pauses } = await follow([cutAt(150, "break"), unreachable, unreachable, whole]);
  assert.deepEqual(connected, [true, false, false, false, true]);
  assert.deepEqual(pauses.waited, [1, 2, 3]);
});

test("a line that holds begins the pauses anew", async () => {
  const twoPieces = (known) => body([event({ reply: {} }), wireOf(ANSWER, known).slice(0, 90)], "break");
  const { pauses } = await follow([unreachable, unreachable, twoPieces, unreachable, whole]);
  assert.deepEqual(pauses.waited, [1, 2, 1, 2]);
});

test("a silent line is asked again", async () => {
  const silent = (_, signal) =>
    new ReadableStream({ start: (it) => signal.addEventListener("abort", () => it.error(signal.reason)) });
  const { text } = await follow([silent, whole], { silenceMs: 10 });
  assert.equal(text, ANSWER);
});

test("patience ends", async () => {
  let minutes = 0;
  const now = () => 60_000 * minutes++;
  const { error } = await follow([unreachable], { now });
  assert.equal(error.problem.code, "unreachable");
});

test("an answer that the server does not know is not asked for again", async () => {
  const { error, asked } = await follow([
    () => {
      throw new AnswerError({ reason: "Gone.", code: "not_found" });
    },
  ]);
  assert.deepEqual([error.problem.code, asked.length], ["not_found", 1]);
});

test("how it ended is told whole", async () => {
  const end = { error: "It broke.", code: "provider_failed", request_id: "r1", state: "failed" };
  const { last, text } = await follow([() => body([`id: 2\n${event({ content: "ab" })}`, event(end)])]);
  assert.deepEqual([last, text], [end, "ab"]);
});

test("leaving ends the following and asks no more", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 5);
  const { error, asked } = await follow(
    [
      (_, signal) => {
        const stream = body([event({ reply: {} })], "stay");
        signal.throwIfAborted();
        return stream.pipeThrough(new TransformStream(), { signal });
      },
    ],
    { controller },
  );
  assert.equal(error, controller.signal.reason);
  assert.equal(asked.length, 1);
});
