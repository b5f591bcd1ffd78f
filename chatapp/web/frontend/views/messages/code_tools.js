import { listen } from "../../listen.js";
import { texts } from "../../texts.js";
import { copyText } from "../copying.js";

/**
 * Makes the buttons at each piece of code work, also at those that are still to come.
 *
 * @param {HTMLElement} element what holds the pieces
 * @param {(words: string) => void} say
 */
export function offerCodeTools(element, say) {
  listen(element, "click", async ({ target }) => {
    const button = target instanceof Element ? target.closest("[data-action]") : null;
    const piece = button?.closest(".code");
    const code = piece?.querySelector("code");
    if (!button || !piece || !code) return;
    if (button.getAttribute("data-action") === "wrap-code") {
      button.setAttribute("aria-pressed", String(piece.classList.toggle("code--wrapped")));
    } else {
      say((await copyText(code.textContent)) ? texts.copied : texts.notCopied);
    }
  });
}
