const WORDS = /[\p{L}\p{N}]+/gu;

/**
 * Returns the text as nodes, with the words that were searched for marked.
 *
 * @param {string} text
 * @param {string} query
 * @returns {Node[]}
 */
export function highlighted(text, query) {
  return split(text, query).map((piece, place) =>
    place % 2 === 0 ? document.createTextNode(piece) : mark(piece),
  );
}

/**
 * Cuts the text so that each second piece is a word of the query.
 *
 * @param {string} text
 * @param {string} query
 */
export function split(text, query) {
  const words = query.match(WORDS) ?? [];
  if (words.length === 0) return [text];
  return text.split(new RegExp(`(?<![\\p{L}\\p{N}])(${words.join("|")})(?![\\p{L}\\p{N}])`, "giu"));
}

/** @param {string} word */
function mark(word) {
  const element = document.createElement("mark");
  element.textContent = word;
  return element;
}
