import assert from "node:assert/strict";
import { after, test } from "node:test";
import { AnswerError } from "../../chatapp/web/frontend/answers/answer_error.js";
import { dollars } from "../../chatapp/web/frontend/conversation/money.js";
import { speak, texts } from "../../chatapp/web/frontend/texts.js";
import ofArabicChatPage from "../../chatapp/web/texts/ar/chat_page.json" with { type: "json" };
import ofArabicScripts from "../../chatapp/web/texts/ar/scripts.json" with { type: "json" };
import problems from "../../chatapp/web/texts/de/problems.json" with { type: "json" };
import german from "../../chatapp/web/texts/de/scripts.json" with { type: "json" };
import spanish from "../../chatapp/web/texts/es/scripts.json" with { type: "json" };
import { english } from "./english.js";

after(() => speak("en", english));

for (const [count, words] of [
  [1, "رسالة واحدة"],
  [2, "رسالتان"],
  [3, "\u20683\u2069 رسائل"],
  [11, "\u206811\u2069 رسالة"],
]) {
  test(`Arabic has a form for ${count} messages, and what is filled in reads in its own direction`, () => {
    speak("ar", { ...ofArabicScripts, ...ofArabicChatPage });

    assert.ok(texts.imported(3, Number(count)).includes(String(words)));
  });
}

test("Spanish says millions in its own way", () => {
  speak("es", spanish);

  assert.equal(texts.tokens(1_000_000), "1.000.000 de tokens");
  assert.equal(texts.tokens(1234), "1234 tokens");
});

test("amounts and times are those of the language", () => {
  speak("de", german);

  assert.equal(dollars(1_250_000n), "0,0013\u00a0$");
  assert.equal(dollars(1n), "<\u00a00,0001\u00a0$");
  assert.match(texts.retryAfter(180), / 3 Minuten,/);
});

test("an error that is known by its code is told in the language, and the server's words stay in the details", () => {
  speak("de", { ...german, problems });

  const { problem } = AnswerError.fromBody({ error: "Slow down.", code: "rate_limited" });

  assert.equal(problem.reason, problems.rate_limited);
  assert.deepEqual(problem.details, ["Slow down."]);
});

test("English tells an error in the server's own words", () => {
  speak("en", english);

  const { problem } = AnswerError.fromBody({ error: "Slow down.", code: "rate_limited" });

  assert.equal(problem.reason, "Slow down.");
  assert.deepEqual(problem.details, []);
});
