import { listen } from "../../listen.js";
import { copyFor } from "./copy_button.js";

/**
 * Makes the buttons at each piece of code work, also at those that are still to come.
 *
 * @param {HTMLElement} element what holds the pieces
 * @param {import("./copy_button.js").Ears} ears
 */
export function offerCodeTools(element, ears) {
  listen(element, "click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    const piece = button?.closest(".code");
    const code = piece?.querySelector("code");
    if (!button || !piece || !code) return;
    if (button.dataset.action === "wrap-code") {
      button.setAttribute("aria-pressed", String(piece.classList.toggle("code--wrapped")));
    } else {
      copyFor(button, code.textContent, ears);
    }
  });
}
