import { duration, measured, number, pluralOf, switchLanguage } from "./language.js";

/**
 * @typedef {typeof import("../texts/en/scripts.json") & typeof import("../texts/en/chat_page.json")} Plain texts without placeholders and plurals: these need no line below
 * @typedef {typeof sentences} Sentences
 *
 * Texts by the server's own names: who counted an answer's tokens, and what its errors mean.
 * @typedef {{ sources: Named, problems: Named }} ByName
 * @typedef {Readonly<Record<string, string>>} Named
 */

const PLACEHOLDER = /\{\{(\w+)\}\}/g;
const [ISOLATE, END_OF_ISOLATE] = ["\u2068", "\u2069"];

/** What is missing in a language is not there at all: a test keeps that from being so. @type {Record<string, any>} */
let words = {};

/** The texts with something to fill in. */
const sentences = {
  failed: (/** @type {string} */ reason) => say("failed", { reason }),
  image: (/** @type {string} */ name) => say("image", { name }),

  tooLong: (/** @type {number} */ characters, /** @type {number} */ most) =>
    say("tooLong", { characters: number(characters), most: number(most) }),
  longPaste: (/** @type {number} */ characters, /** @type {number} */ most) =>
    say("longPaste", { characters: number(characters), most: number(most) }),
  noText: (/** @type {string} */ name) => say("noText", { name }),
  bigFile: (/** @type {string} */ name, /** @type {number} */ most) =>
    say("bigFile", { name, most: number(most) }),

  badStatus: (/** @type {number} */ status) => say("badStatus", { status: String(status) }),
  retryAfter: (/** @type {number} */ seconds) => say("retryAfter", { time: duration(seconds) }),
  retryIn: (/** @type {number} */ seconds) =>
    say("retryIn", { time: measured(Math.ceil(seconds / 60), "minute") }),
  code: (/** @type {string} */ code) => say("code", { code }),
  requestId: (/** @type {string} */ id) => say("requestId", { id }),

  tooOld: (/** @type {number} */ count) => sayCounted("tooOld", count),
  tokens: (/** @type {number} */ count) => sayCounted("tokens", count),
  about: (/** @type {string} */ amount) => (amount.startsWith("<") ? amount : say("about", { amount })),
  atLeast: (/** @type {string} */ amount) => say("atLeast", { amount }),
  wouldCostSo: (/** @type {string} */ amount) => say("wouldCostSo", { amount }),
  thisConversation: (/** @type {string} */ sum) => say("thisConversation", { sum }),
  shownMessages: (/** @type {string} */ sum) => say("shownMessages", { sum }),
  both: (/** @type {string} */ first, /** @type {string} */ second) => say("both", { first, second }),
  draftTokens: (/** @type {string} */ tokens) => say("draftTokens", { tokens }),
  draftMost: (/** @type {string} */ tokens, /** @type {string} */ most) => say("draftMost", { tokens, most }),
  draftFree: (/** @type {string} */ tokens) => say("draftFree", { tokens }),
  usedByYou: (/** @type {number} */ percent, /** @type {string} */ time) =>
    say("usedByYou", { percent: number(percent), time }),
  usedByAll: (/** @type {string} */ time) => say("usedByAll", { time }),
  version: (/** @type {number} */ place, /** @type {number} */ count) =>
    `${number(place)} / ${number(count)}`,

  pageTitle: (/** @type {string} */ title) => `${title} – Chatapp`,
  moreFor: (/** @type {string} */ title) => say("moreFor", { title }),
  found: (/** @type {number} */ count, /** @type {boolean} */ more) =>
    more ? sayCounted("foundMore", count) : sayCounted("found", count),

  deleteText: (/** @type {string} */ title) => say("deleteText", { title }),
  linkWorks: (/** @type {number} */ minutes) => say("linkWorks", { time: measured(minutes, "minute") }),

  sending: (/** @type {number} */ percent) => say("sending", { percent: number(percent) }),
  imported: (/** @type {number} */ conversations, /** @type {number} */ messages) =>
    say("imported", {
      conversations: sayCounted("conversations", conversations),
      messages: sayCounted("messages", messages),
    }),
  known: (/** @type {number} */ count) => sayCounted("known", count),
};

/**
 * The words that the scripts say, in the language that is spoken: `texts.done`, `texts.failed(reason)`.
 *
 * @type {Plain & Sentences & ByName}
 */
export const texts = new Proxy(/** @type {any} */ (sentences), {
  get: (own, name) => own[name] ?? words[String(name)],
});

/**
 * Speaks another language from now on. What is shown already stays as it is.
 *
 * @param {string} language
 * @param {Record<string, unknown>} itsWords its scripts.json, with its problems.json as `problems`
 */
export function speak(language, itsWords) {
  switchLanguage(language);
  words = itsWords;
}

/**
 * @param {string} name
 * @param {Readonly<Record<string, string>>} values
 */
function say(name, values) {
  // A title or an amount reads in its own direction in the midst of a text that is read from the right.
  const [before, after] = words.direction === "rtl" ? [ISOLATE, END_OF_ISOLATE] : ["", ""];
  return /** @type {string} */ (words[name]).replace(
    PLACEHOLDER,
    (_, placeholder) => before + values[placeholder] + after,
  );
}

/**
 * @param {string} name
 * @param {number} count
 */
function sayCounted(name, count) {
  return say(`${name}_${pluralOf(count)}`, { count: number(count) });
}
