import { listen } from "../../listen.js";
import { part } from "../part.js";
import { openDialog } from "./dialog.js";

/**
 * Asks whether something is really to be done.
 *
 * @param {{ title: string, text: string, action: string, isGrave?: boolean }} question
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, text, action, isGrave = false }) {
  const dialog = openDialog("confirmation");
  const yes = part(dialog, "[data-action=confirm]");
  part(dialog, "[data-part=title]").textContent = title;
  part(dialog, "[data-part=text]").textContent = text;
  yes.textContent = action;
  yes.classList.add(isGrave ? "button--grave" : "button--main");
  return new Promise((resolve) => {
    listen(yes, "click", () => dialog.close("yes"));
    listen(dialog, "close", () => resolve(dialog.returnValue === "yes"));
  });
}
