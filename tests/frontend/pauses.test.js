import assert from "node:assert/strict";
import { test } from "node:test";
import { Pauses } from "../../chatapp/web/frontend/answers/pauses.js";

const never = () => () => {};
const live = () => new AbortController().signal;

/** Returns how long each pause is, without waiting. */
async function lengths(random) {
  const found = [];
  const after = (handler, ms) => {
    found.push(ms);
    handler();
    return () => {};
  };
  const pauses = new Pauses({ random: () => random, wakeUps: never, after });
  for (const tries of [1, 2, 3, 4, 5, 6, 60]) await pauses.wait(tries, live());
  return found;
}

test("pauses grow up to ten seconds", async () => {
  assert.deepEqual(await lengths(0.5), [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test("pauses differ by chance", async () => {
  assert.deepEqual((await lengths(0)).slice(0, 3), [375, 750, 1500]);
});

test("a pause ends at once when something speaks for a new try", async () => {
  let wake = () => {};
  let ended = false;
  const wakeUps = (handler) => {
    wake = handler;
    return () => {
      ended = true;
    };
  };
  const pause = new Pauses({ firstMs: 1e6, mostMs: 1e6, wakeUps }).wait(1, live());
  wake();
  await pause;
  assert.equal(ended, true);
});

test("a pause ends when nobody waits any more", async () => {
  const controller = new AbortController();
  const pause = new Pauses({ firstMs: 1e6, mostMs: 1e6, wakeUps: never }).wait(1, controller.signal);
  controller.abort();
  await assert.rejects(pause, { name: "AbortError" });
});
