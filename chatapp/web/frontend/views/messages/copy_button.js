import { listen } from "../../listen.js";
import { texts } from "../../texts.js";
import { copyText } from "../copying.js";

const SHOWN_MS = 1500;

/**
 * Makes a button copy a text, and show for a moment that it did.
 *
 * @param {HTMLElement} button
 * @param {() => string} text
 * @param {(words: string) => void} say
 */
export function offerCopy(button, text, say) {
  listen(button, "click", async () => {
    const copied = await copyText(text());
    button.dataset.done = String(copied);
    setTimeout(() => delete button.dataset.done, SHOWN_MS);
    say(copied ? texts.copied : texts.notCopied);
  });
}
