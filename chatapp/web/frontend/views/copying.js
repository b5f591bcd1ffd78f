/**
 * Copies a text; returns whether that worked.
 *
 * @param {string} text
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http has no clipboard of that kind.
    return copyBySelection(text);
  }
}

/** @param {string} text */
function copyBySelection(text) {
  const before = focused();
  const box = document.createElement("textarea");
  box.className = "visually-hidden";
  box.value = text;
  // Behind an open dialog nothing can be selected.
  (before?.closest("dialog") ?? document.querySelector("dialog:modal") ?? document.body).append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return copied;
}

/** What has the focus, also where that is inside of a shadow root. */
function focused() {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
}
