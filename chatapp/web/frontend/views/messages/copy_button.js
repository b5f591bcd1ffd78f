import { listen } from "../../listen.js";
import { texts } from "../../texts.js";
import { copyText } from "../copying.js";

/** @typedef {Pick<import("./actions.js").MessageActions, "onSay" | "onRefused">} Ears */

const SHOWN_MS = 1500;

/**
 * Makes a button copy a text, and show for a moment that it did.
 *
 * @param {HTMLElement} button
 * @param {() => string} text
 * @param {Ears} ears
 */
export function offerCopy(button, text, ears) {
  listen(button, "click", () => copyFor(button, text(), ears));
}

/**
 * Copies a text, and has the button show for a moment that this worked; where it did not, everybody is told.
 *
 * @param {HTMLElement} button
 * @param {string} text
 * @param {Ears} ears
 */
export async function copyFor(button, text, { onSay, onRefused }) {
  if (!(await copyText(text))) return onRefused(texts.notCopied);
  onSay(texts.copied);
  button.dataset.done = "true";
  setTimeout(() => delete button.dataset.done, SHOWN_MS);
}
