import { listen } from "../../listen.js";
import { copyOf, findPart, focused, partsHome } from "../part.js";

/**
 * Opens the dialog inside the template of that name; it is gone once it is closed, and whoever opened it has the focus
 * again: the browser alone would forget it where that was in a menu, which is gone by then.
 *
 * @param {string} template
 */
export function openDialog(template) {
  const dialog = /** @type {HTMLDialogElement} */ (copyOf(template));
  for (const button of dialog.querySelectorAll("[data-action=close]")) {
    listen(button, "click", () => dialog.close());
  }
  // Keys are meant for this one alone: Escape would close the window behind it, too.
  listen(dialog, "keydown", (event) => event.stopPropagation());
  const before = focused();
  const opener = before?.closest(".menu")?.previousElementSibling ?? before;
  listen(dialog, "close", () => {
    dialog.remove();
    const heir = opener?.isConnected ? opener : findPart(partsHome(), "[data-part=transcript]");
    if (heir instanceof HTMLElement) heir.focus({ preventScroll: true });
  });
  partsHome().append(dialog);
  dialog.showModal();
  return dialog;
}
