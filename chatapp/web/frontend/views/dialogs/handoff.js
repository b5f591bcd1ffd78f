import { listen } from "../../listen.js";
import { texts } from "../../texts.js";
import { copyText } from "../copying.js";
import { part } from "../part.js";
import { openDialog } from "./dialog.js";

const MINUTE_SECONDS = 60;

/**
 * Shows the link that brings this visitor to another device.
 *
 * @param {string} link
 * @param {number} seconds for how long it works
 */
export function openHandoff(link, seconds) {
  const dialog = openDialog("handoff");
  const box = /** @type {HTMLInputElement} */ (part(dialog, "[data-part=link]"));
  const said = part(dialog, "[data-part=said]");
  box.value = link;
  part(dialog, "[data-part=terms]").textContent = texts.linkWorks(Math.round(seconds / MINUTE_SECONDS));
  listen(box, "focus", () => box.select());
  listen(part(dialog, "[data-action=copy]"), "click", async () => {
    said.textContent = (await copyText(link)) ? texts.copied : texts.notCopied;
  });
}
