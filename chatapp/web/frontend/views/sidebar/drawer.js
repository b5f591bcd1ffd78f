import { listen } from "../../listen.js";
import { part } from "../part.js";

const NARROW = "(max-width: 56rem)";

/** Where there is no room beside the chat, the sidebar comes as a drawer over it. */
export class Drawer {
  #place = part(document, "[data-part=sidebar-place]");
  #sidebar = part(document, "[data-part=sidebar]");
  #dialog = /** @type {HTMLDialogElement} */ (part(document, "[data-part=drawer]"));

  constructor() {
    listen(part(document, "[data-action=open-drawer]"), "click", () => this.open());
    listen(part(this.#dialog, "[data-action=close]"), "click", () => this.close());
    listen(this.#dialog, "click", (event) => {
      // Only what is behind the drawer counts as the dialog itself.
      if (event.target === this.#dialog) this.close();
    });
    listen(matchMedia(NARROW), "change", () => this.close());
    listen(this.#dialog, "close", () => this.#place.append(this.#sidebar));
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** Shows the sidebar where it is out of sight. */
  open() {
    if (this.#dialog.open || !matchMedia(NARROW).matches) return;
    part(this.#dialog, "[data-part=drawer-place]").append(this.#sidebar);
    this.#dialog.showModal();
  }
}
