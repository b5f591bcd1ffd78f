import { listen } from "../../listen.js";
import { copyOf, partsHome } from "../part.js";

/**
 * Opens the dialog inside the template of that name; it is gone once it is closed.
 *
 * @param {string} template
 */
export function openDialog(template) {
  const dialog = /** @type {HTMLDialogElement} */ (copyOf(template));
  for (const button of dialog.querySelectorAll("[data-action=close]")) {
    listen(button, "click", () => dialog.close());
  }
  listen(dialog, "close", () => dialog.remove());
  partsHome().append(dialog);
  dialog.showModal();
  return dialog;
}
