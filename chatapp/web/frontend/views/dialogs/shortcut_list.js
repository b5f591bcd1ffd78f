import { listen } from "../../listen.js";
import { part } from "../part.js";
import { openDialog } from "./dialog.js";

/**
 * Lists what keys do, and lets people do without single ones.
 *
 * @param {{ areOn: boolean }} shortcuts
 */
export function openShortcutList(shortcuts) {
  const dialog = openDialog("shortcuts");
  const choice = /** @type {HTMLInputElement} */ (part(dialog, "[data-part=keys-on]"));
  choice.checked = shortcuts.areOn;
  listen(choice, "change", () => {
    shortcuts.areOn = choice.checked;
  });
}
