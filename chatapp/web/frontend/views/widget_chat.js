import { AnswerError } from "../answers/answer_error.js";
import { Tariff } from "../conversation/tariff.js";
import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { TOKEN } from "../widget/widget_memory.js";
import { ChatPanel } from "./chat_panel.js";
import { confirmed } from "./dialogs/confirmation.js";
import { part } from "./part.js";
import { PasswordForm } from "./password_form.js";

/**
 * @typedef {import("../conversation/chat_message.js").ChatMessage} ChatMessage
 * @typedef {import("../api/chat_api.js").ChatApi} ChatApi
 * @typedef {import("../widget/widget_memory.js").WidgetMemory} WidgetMemory
 */

const NAME = "widget";

/** The chat in the widget's window. Which conversation it shows, this browser remembers. */
export class WidgetChat {
  #dialog;
  #forgetButton;
  #password;
  #api;
  #memory;
  /** @type {ChatPanel} */
  #panel;

  /**
   * @param {HTMLElement} root
   * @param {ChatApi} api
   * @param {WidgetMemory} memory
   * @param {import("./chat_panel.js").PanelOptions["writerFor"]} writerFor
   */
  constructor(root, api, memory, writerFor) {
    this.#dialog = part(root, "[data-part=widget]");
    this.#forgetButton = part(root, "[data-action=forget]");
    this.#password = new PasswordForm(/** @type {HTMLFormElement} */ (part(root, "[data-part=password]")));
    this.#api = api;
    this.#memory = memory;
    listen(this.#forgetButton, "click", () => this.#forget());
    this.#showForget();
    this.#panel = this.#furnished(writerFor);
  }

  /**
   * Asks for the server's password; "" where a new chat was begun instead.
   *
   * @param {boolean} isAgain whether the last one was wrong
   */
  async askPassword(isAgain) {
    const password = await this.#password.ask(isAgain);
    this.#panel.focus();
    return password;
  }

  /** @param {import("./chat_panel.js").PanelOptions["writerFor"]} writerFor */
  #furnished(writerFor) {
    /** @type {ChatPanel} */
    const panel = new ChatPanel(this.#dialog, this.#api, this.#memory, {
      name: NAME,
      opens: this.#memory.recall(NAME),
      tariff: () => this.#tariffOf(panel.branch.conversation?.model),
      asksAgain: true,
      takeFiles: async (...all) => {
        // Without them, one can chat all the same.
        const files = await import("./text_files.js").catch(() => null);
        files?.takeFiles(...all);
      },
      writerFor,
      onGone: () => this.#lose(panel),
    });
    listen(part(this.#dialog, "[data-action=new-chat]"), "click", () => {
      panel.beginAnew();
      panel.focus();
    });
    panel.branch.on("added", ({ message }) => this.#storeFrom(message));
    panel.branch.on("described", () => this.#remember(panel));
    panel.branch.on("cleared", () => this.#forgetConversation());
    panel.branch.on("cut", () => this.#password.cancel());
    // Another tab may have had everything forgotten.
    listen(window, "storage", () => {
      if (!this.#forgetButton.hidden && this.#memory.recall(TOKEN) === "") this.#lose(panel);
    });
    const id = this.#memory.recall(NAME);
    if (id !== "") panel.toast.guard(() => panel.open(id));
    return panel;
  }

  /**
   * From the visitor's first message on something is stored.
   *
   * @param {ChatMessage} message
   */
  #storeFrom({ role, id }) {
    if (role === "user" && id === null) this.#memory.store();
  }

  /** @param {ChatPanel} panel */
  #remember(panel) {
    this.#memory.remember(NAME, panel.branch.conversation?.id ?? "");
    this.#showForget();
  }

  #forgetConversation() {
    this.#memory.remember(NAME, "");
    this.#password.cancel();
  }

  /**
   * Begins anew where the server does not know the conversation any more, or not even the visitor: it was deleted
   * elsewhere, or is too old. What was written is in the box again.
   *
   * @param {ChatPanel} panel
   */
  #lose(panel) {
    panel.leaveGone(() => {
      if (this.#memory.recall(TOKEN) === "") this.#forgetVisitor(panel);
    });
    panel.toast.show(texts.visitorLost);
    this.#showForget();
    return true;
  }

  /** @param {ChatPanel} panel */
  #forgetVisitor(panel) {
    // What is still on its way would go out as somebody whom nobody knows.
    panel.session.giveUp();
    this.#memory.forgetAll();
  }

  async #forget() {
    const panel = this.#panel;
    const isSure = await confirmed({
      title: texts.forgetWidgetTitle,
      text: texts.forgetWidgetText,
      action: texts.forgetWidget,
      isGrave: true,
    });
    if (!isSure) return;
    const isDone = await panel.toast.guard(async () => {
      try {
        await this.#api.forgetMe();
      } catch (error) {
        if (!(error instanceof AnswerError && error.isGone)) throw error;
      }
    });
    if (!isDone) return;
    this.#forgetVisitor(panel);
    panel.beginAnew();
    this.#showForget();
    panel.say(texts.widgetForgotten);
    panel.focus();
  }

  #showForget() {
    this.#forgetButton.hidden = this.#memory.recall(TOKEN) === "";
  }

  /**
   * What it costs to ask the model of a conversation: the markup knows that of the usual one.
   *
   * @param {string | null | undefined} model
   */
  #tariffOf(model) {
    const { dataset } = this.#dialog;
    return new Tariff(!model || model === dataset.model ? dataset : {});
  }
}
