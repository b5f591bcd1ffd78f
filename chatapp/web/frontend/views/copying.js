import { focused, partsHome } from "./part.js";

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
  // Behind an open dialog nothing can be selected. The widget leaves nothing in the page around it, even for a moment.
  (before?.closest("dialog") ?? partsHome().querySelector("dialog:modal") ?? partsHome()).append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return copied;
}
