import { ConversationMemory } from "../conversation/conversation_memory.js";
import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { ChatPanel } from "./chat_panel.js";
import { part } from "./part.js";

const PHONE = "(max-width: 40rem)";

/** The chat behind the floating button. Its conversation is its own, apart from the chat page's. */
export class Widget {
  #launcher = part(document, "[data-part=launcher]");
  #dialog = /** @type {HTMLDialogElement} */ (part(document, "[data-part=widget]"));
  /** @type {ChatPanel | null} */
  #panel = null;

  constructor() {
    listen(this.#launcher, "click", () => (this.#dialog.open ? this.close() : this.open()));
    listen(part(this.#dialog, "[data-action=close]"), "click", () => this.close());
    listen(this.#dialog, "keydown", (/** @type {KeyboardEvent} */ event) => this.#closeOnEscape(event));
    listen(this.#dialog, "close", () => this.#showOpen(false));
  }

  open() {
    // On a phone it covers the page, so the page behind it must be out of reach too.
    if (matchMedia(PHONE).matches) this.#dialog.showModal();
    else this.#dialog.show();
    this.#panel ??= new ChatPanel(this.#dialog, new ConversationMemory("chatapp.widget"));
    this.#panel.focus();
    this.#showOpen(true);
  }

  close() {
    this.#dialog.close();
    this.#launcher.focus();
  }

  /** @param {KeyboardEvent} event */
  #closeOnEscape(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    this.close();
  }

  /** @param {boolean} open */
  #showOpen(open) {
    this.#launcher.setAttribute("aria-expanded", String(open));
    this.#launcher.setAttribute("aria-label", open ? texts.closeWidget : texts.openWidget);
  }
}
