import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerError } from "../../chatapp/web/frontend/answers/answer_error.js";
import { Retrying } from "../../chatapp/web/frontend/answers/retrying.js";

const OPTIONS = { signal: new AbortController().signal, patienceMs: 90_000, onBroken: () => {} };

/** Fails as often as it is told to; a minute passes with each try. */
function tryingFor({ failures, offlineFor = 0 }) {
  let tries = 0;
  const retrying = new Retrying(
    { wait: async () => {} },
    () => 60_000 * tries,
    () => tries <= offlineFor,
  );
  return retrying.run(async () => {
    tries += 1;
    if (tries <= failures) throw AnswerError.unreachable();
    return tries;
  }, OPTIONS);
}

test("patience comes to an end", async () => {
  await assert.rejects(tryingFor({ failures: 9 }), AnswerError);
});

test("it lasts for as long as there is no network", async () => {
  assert.equal(await tryingFor({ failures: 9, offlineFor: 8 }), 10);
});
