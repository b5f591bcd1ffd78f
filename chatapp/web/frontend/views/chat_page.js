import { AnswerError } from "../answers/answer_error.js";
import { VisitorApi } from "../api/visitor_api.js";
import { Address } from "../conversation/address.js";
import { LocalMemory } from "../conversation/local_memory.js";
import { ConversationList } from "../list/conversation_list.js";
import { listen } from "../listen.js";
import { MarkdownWriter } from "../markdown/markdown_writer.js";
import { texts } from "../texts.js";
import { ChatPanel } from "./chat_panel.js";
import { confirmed } from "./dialogs/confirmation.js";
import { openInstructions } from "./dialogs/instructions.js";
import { openShortcutList } from "./dialogs/shortcut_list.js";
import { BRANCHING } from "./messages/branching.js";
import { ModelChoice } from "./model_choice.js";
import { part } from "./part.js";
import { Shortcuts } from "./shortcuts.js";
import { DataMenu } from "./sidebar/data_menu.js";
import { Drawer } from "./sidebar/drawer.js";
import { Sidebar } from "./sidebar/sidebar.js";
import { takeFiles } from "./text_files.js";

/** @typedef {import("../api/chat_api.js").Entry} Entry */

const LAST_COPY = "[data-role=assistant] [data-part=actions] [data-action=copy]:not([hidden])";

/** The chat page: the conversations on one side, the one that is shown on the other, and its address. */
export class ChatPage {
  #root = part(document, "#main");
  #heading = part(this.#root, "[data-part=heading]");
  #api = new VisitorApi();
  #memory = new LocalMemory();
  #address = new Address();
  #list = new ConversationList(this.#api);
  #drawer = new Drawer();
  #model = new ModelChoice(part(this.#root, "[data-part=model]"), (model) => this.#chooseModel(model));
  #panel = new ChatPanel(this.#root, this.#api, this.#memory, {
    name: "new",
    opens: this.#address.conversationId,
    chosenModel: () => this.#model.value,
    models: () => this.#model.offered,
    branching: BRANCHING,
    takeFiles,
    tariff: () => this.#model.tariff,
    onAsked: () => this.#list.refresh(),
    writerFor: (element, onWritten) => new MarkdownWriter(element, onWritten),
  });
  #sidebar = new Sidebar(part(document, "[data-part=sidebar]"), this.#list, {
    onRename: (entry, title) => this.#change(entry, { title }),
    onPin: (entry) => this.#change(entry, { pinned: !entry.pinned }),
    onDelete: (entry) => this.#delete(entry),
    onOpen: () => this.#drawer.close(),
    onSay: (words) => this.#panel.say(words),
  });
  #shortcuts = new Shortcuts(
    this.#memory,
    {
      n: () => this.#beginAnew(),
      s: () => this.#search(),
      m: () => this.#panel.focus(),
      c: () => this.#copyLast(),
      "?": () => openShortcutList(this.#shortcuts),
    },
    () => this.#panel.stop(),
  );

  /** @type {{ id: string, model: string } | null} the model that was chosen for a conversation, until that has it */
  #choice = null;

  /** Shows what the address names, and keeps up with it. */
  begin() {
    const { branch } = this.#panel;
    for (const change of /** @type {const} */ (["opened", "cleared", "described"])) {
      branch.on(change, () => this.#describe());
    }
    this.#list.onChange(() => this.#showTitle());
    this.#address.onChange(() => this.#go());
    new DataMenu(part(document, "[data-action=data]"), this.#api, {
      onImported: () => this.#list.refresh(),
      onForgotten: () => this.#forget(),
      guard: (action) => this.#panel.toast.guard(action),
    });
    for (const button of document.querySelectorAll("[data-action=new-chat]")) {
      listen(button, "click", () => this.#beginAnew());
    }
    listen(part(this.#root, "[data-action=instructions]"), "click", () => this.#instruct());
    listen(part(document, "[data-action=shortcuts]"), "click", () => openShortcutList(this.#shortcuts));
    listen(part(document, "[data-action=skip]"), "click", (event) => {
      // The address names the conversation, so it must not name a place in the page.
      event.preventDefault();
      this.#root.focus();
    });
    this.#panel.connection.onChange((state) => {
      if (state === "there") this.#list.refresh();
    });
    listen(document, "visibilitychange", () => {
      if (document.visibilityState === "visible") this.#list.refresh();
    });
    this.#list.refresh();
    this.#go();
    this.#panel.focus();
  }

  async #go() {
    this.#drawer.close();
    const secret = this.#address.takeSecret();
    if (secret !== "") return this.#takeOver(secret);
    const id = this.#address.conversationId;
    const shown = this.#panel.branch.conversation?.id ?? "";
    if (id === "" && shown !== "") this.#panel.beginAnew();
    if (id !== "" && id !== shown) await this.#open(id);
  }

  /** @param {string} id */
  async #open(id) {
    const opened = await this.#panel.toast.guard(async () => {
      try {
        await this.#panel.open(id);
      } catch (error) {
        if (!(error instanceof AnswerError) || error.problem.code !== "not_found") throw error;
        this.#address.show("", { inPlace: true });
        this.#panel.leaveGone();
        throw new AnswerError({ ...error.problem, reason: texts.gone });
      }
    });
    // A phone's keyboard would cover what was just opened.
    if (opened && matchMedia("(pointer: fine)").matches) this.#panel.focus();
  }

  #beginAnew() {
    this.#drawer.close();
    this.#address.show("");
    this.#panel.beginAnew();
    this.#panel.focus();
  }

  /** Copies the last answer that has a text. */
  #copyLast() {
    const buttons = this.#root.querySelectorAll(LAST_COPY);
    /** @type {HTMLElement | undefined} */ ([...buttons].at(-1))?.click();
  }

  #search() {
    this.#drawer.open();
    this.#sidebar.focusSearch();
  }

  #leaveConversation() {
    this.#address.show("", { inPlace: true });
    this.#panel.beginAnew();
  }

  /** Shows in address, title, chooser and list what is shown in the middle. */
  #describe() {
    const { conversation, instructions } = this.#panel.branch;
    if (conversation !== null) {
      this.#address.show(conversation.id, { inPlace: true });
      const { model } = this.#choice?.id === conversation.id ? this.#choice : conversation;
      this.#model.show(model);
    }
    part(this.#root, "[data-action=instructions]").dataset.set = String(instructions !== "");
    this.#showTitle();
  }

  #showTitle() {
    const { conversation } = this.#panel.branch;
    const title = conversation && (this.#list.find(conversation.id)?.title || conversation.title);
    this.#heading.textContent = title || texts.untitled;
    document.title = texts.pageTitle(title || texts.chat);
    this.#sidebar.mark(conversation?.id ?? "");
  }

  /** @param {string} model */
  async #chooseModel(model) {
    const id = this.#address.conversationId;
    const choice = { id, model };
    this.#choice = choice;
    this.#panel.noticeModel();
    if (id !== "" && (await this.#isReady()) && this.#choice === choice) {
      await this.#panel.toast.guard(() => this.#changeShown(id, { model }));
    }
    if (this.#choice === choice) this.#choice = null;
  }

  async #instruct() {
    const { branch } = this.#panel;
    // Two clicks may have waited.
    if (!(await this.#isReady()) || document.querySelector("dialog:modal") !== null) return;
    const { conversation } = branch;
    openInstructions(branch.instructions, async (instructions) => {
      // A new chat may have become a conversation; nothing else shown meanwhile is meant.
      const id = (conversation ?? branch.conversation)?.id;
      if (id === undefined) branch.instruct(instructions);
      else await this.#changeShown(id, { system: instructions || null });
    });
  }

  /** Returns whether the conversation that the address names is shown, once it is: it may not be here yet. */
  async #isReady() {
    const { session, toast } = this.#panel;
    let isReady = false;
    await toast.guard(async () => {
      isReady = await session.ready();
    });
    if (isReady) toast.hide();
    return isReady;
  }

  /**
   * @param {string} id of a conversation, which may not be shown any more once that is done
   * @param {{ model?: string, system?: string | null }} changes
   */
  async #changeShown(id, changes) {
    const { branch } = this.#panel;
    const changed = await this.#api.change(id, changes);
    if (branch.conversation?.id === id) branch.describe(changed);
  }

  /**
   * @param {Entry} entry
   * @param {{ title?: string, pinned?: boolean }} changes
   */
  #change(entry, changes) {
    return this.#panel.toast.guard(() => this.#list.change(entry.id, changes));
  }

  /** @param {Entry} entry */
  async #delete(entry) {
    const sure = await confirmed({
      title: texts.deleteTitle,
      text: texts.deleteText(entry.title || texts.untitled),
      action: texts.delete,
      isGrave: true,
    });
    if (!sure || !(await this.#panel.toast.guard(() => this.#list.remove(entry.id)))) return;
    this.#panel.forgetDraft(entry.id);
    if (this.#panel.branch.conversation?.id === entry.id) this.#leaveConversation();
    this.#panel.say(texts.deleted);
  }

  async #forget() {
    this.#memory.forgetAll();
    await this.#start(texts.forgotten);
  }

  /** @param {string} secret */
  async #takeOver(secret) {
    // A link could come from anybody, who would then read what is written here.
    const sure = await confirmed({
      title: texts.takeOverTitle,
      text: texts.takeOverText,
      action: texts.takeOver,
    });
    if (sure && (await this.#panel.toast.guard(() => this.#api.takeOver(secret)))) {
      await this.#start(texts.tookOver);
    }
  }

  /** @param {string} words for screen readers */
  async #start(words) {
    this.#drawer.close();
    this.#leaveConversation();
    await this.#list.refresh();
    this.#panel.say(words);
    this.#panel.focus();
  }
}
