import { AnswerError } from "../answers/answer_error.js";
import { ChatApi } from "../api/chat_api.js";
import { LocalMemory } from "../conversation/local_memory.js";
import { Tariff } from "../conversation/tariff.js";
import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { ChatPanel } from "./chat_panel.js";
import { part } from "./part.js";

const PHONE = "(max-width: 40rem)";
const NAME = "widget";

/** The chat behind the floating button. Which conversation it shows, this browser remembers. */
export class Widget {
  #launcher = part(document, "[data-part=launcher]");
  #dialog = /** @type {HTMLDialogElement} */ (part(document, "[data-part=widget]"));
  #memory = new LocalMemory();
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
    this.#panel ??= this.#furnished();
    this.#panel.focus();
    this.#showOpen(true);
  }

  close() {
    this.#dialog.close();
    this.#launcher.focus();
  }

  #furnished() {
    /** @type {ChatPanel} */
    const panel = new ChatPanel(this.#dialog, new ChatApi(), this.#memory, {
      name: NAME,
      tariff: () => this.#tariffOf(panel.branch.conversation?.model),
    });
    listen(part(this.#dialog, "[data-action=new-chat]"), "click", () => {
      panel.beginAnew();
      panel.focus();
    });
    panel.branch.on("described", () => this.#memory.remember(NAME, panel.branch.conversation?.id ?? ""));
    panel.branch.on("cleared", () => this.#memory.remember(NAME, ""));
    this.#recall(panel);
    return panel;
  }

  /** @param {ChatPanel} panel */
  async #recall(panel) {
    const id = this.#memory.recall(NAME);
    if (id === "") return;
    await panel.toast.guard(async () => {
      try {
        await panel.open(id);
      } catch (error) {
        if (!(error instanceof AnswerError) || error.problem.code !== "not_found") throw error;
        // It was deleted elsewhere, so there is nothing to tell.
        this.#memory.remember(NAME, "");
      }
    });
  }

  /**
   * What it costs to ask the model of a conversation: the page knows that of the usual one.
   *
   * @param {string | null | undefined} model
   */
  #tariffOf(model) {
    const { dataset } = this.#dialog;
    return new Tariff(!model || model === dataset.model ? dataset : {});
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
