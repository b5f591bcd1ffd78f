/** @typedef {typeof import("../../texts/en/scripts.json")} Words */

/** @type {Words} */
let words;

/**
 * What the widget says before there is a chat, and to whoever built the site. It has no means to count, or to write
 * money: these are larger than all else in its script, and come with the chat.
 *
 * @type {Words}
 */
export const texts = new Proxy(/** @type {Words} */ ({}), {
  get: (_, name) => words[/** @type {keyof Words} */ (name)],
});

/** @param {Record<string, unknown>} itsWords those of a language */
export function speak(itsWords) {
  words = /** @type {Words} */ (itsWords);
}

/**
 * @param {string} sentence
 * @param {Readonly<Record<string, string>>} values for its placeholders
 */
export function filled(sentence, values) {
  return sentence.replace(/\{\{(\w+)\}\}/g, (_, name) => values[name] ?? "");
}
