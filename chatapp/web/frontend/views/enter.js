/**
 * Whether this key belongs to a composition, which it may end: then it means nothing else.
 *
 * @param {KeyboardEvent} event
 */
export function isComposing(event) {
  // 229 is what Safari says for the key that ends a composition.
  return event.isComposing || event.keyCode === 229;
}

/**
 * Whether this key means “send”: Enter alone, where it does not end a composition.
 *
 * @param {KeyboardEvent} event
 */
export function sendsOnEnter(event) {
  return event.key === "Enter" && !event.shiftKey && !isComposing(event);
}
