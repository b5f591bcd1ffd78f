/**
 * Tells whoever built the site, where they look, that there is no chat.
 *
 * @param {string} words
 */
export function complain(words) {
  // biome-ignore lint/suspicious/noConsole: it is the one place where they look
  console.error(words);
}

/**
 * Tells them that something is not as they meant it.
 *
 * @param {string} words
 */
export function warn(words) {
  // biome-ignore lint/suspicious/noConsole: it is the one place where they look
  console.warn(words);
}
