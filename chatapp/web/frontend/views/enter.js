/**
 * Whether this key means “send”: Enter alone, where it does not end a composition.
 *
 * @param {KeyboardEvent} event
 */
export function sendsOnEnter(event) {
  // 229 is what Safari says for the Enter that ends a composition.
  const composing = event.isComposing || event.keyCode === 229;
  return event.key === "Enter" && !event.shiftKey && !composing;
}
