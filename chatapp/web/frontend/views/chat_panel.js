import { allowanceOf } from "../conversation/allowance.js";
import { Branch } from "../conversation/branch.js";
import { UNSENT } from "../conversation/chat_message.js";
import { ChatSession } from "../conversation/chat_session.js";
import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { AllowanceNotice } from "./allowance_notice.js";
import { Composer } from "./composer.js";
import { CostLine } from "./cost_line.js";
import { part } from "./part.js";
import { StatusLine } from "./status_line.js";
import { Toast } from "./toast.js";
import { Transcript } from "./transcript.js";

/**
 * @typedef {import("../api/chat_api.js").ChatApi} ChatApi
 * @typedef {import("../conversation/chat_message.js").ChatMessage} ChatMessage
 * @typedef {import("../conversation/local_memory.js").LocalMemory} LocalMemory
 *
 * @typedef {object} PanelOptions
 * @property {string} name under which the draft of a new chat is remembered
 * @property {() => string | undefined} [chosenModel]
 * @property {() => string[]} [models]
 * @property {() => void} [onAsked]
 * @property {() => import("../conversation/tariff.js").Tariff} tariff what the model costs that would answer now
 */

/** One whole chat inside `root`: the chat page has one, and so has the widget. */
export class ChatPanel {
  branch = new Branch();
  session;
  toast;
  #name;
  #memory;
  #composer;
  #transcript;
  #status;
  #costLine;
  /** @type {{ id: string } | null} the conversation that is being opened */
  #opening = null;

  /**
   * @param {HTMLElement} root
   * @param {ChatApi} api
   * @param {LocalMemory} memory
   * @param {PanelOptions} options
   */
  constructor(root, api, memory, { name, chosenModel, models = () => [], onAsked, tariff }) {
    this.#name = name;
    this.#memory = memory;
    const notice = new AllowanceNotice(part(root, "[data-part=allowance]"), memory);
    const onAllowance = (/** @type {unknown} */ told) => notice.show(allowanceOf(told));
    this.session = new ChatSession(api, this.branch, { chosenModel, onAsked, onAllowance });
    this.toast = new Toast(part(root, "[data-part=toast]"));
    this.#transcript = new Transcript(part(root, "[data-part=transcript]"), this.branch, {
      ...this.#messageActions(),
      models,
    });
    this.#composer = new Composer(/** @type {HTMLFormElement} */ (part(root, "[data-part=composer]")), {
      onSend: (message) => this.#send(message),
      onStop: () => this.session.stop(),
      onDraft: (draft) => this.#keepDraft(draft),
    });
    this.#costLine = new CostLine(part(root, "[data-part=costs]"), this.branch, tariff);
    this.#status = new StatusLine(part(root, "[data-part=status]"), this.branch);
    for (const change of /** @type {const} */ (["added", "changed", "opened", "cleared"])) {
      this.branch.on(change, () => this.#composer.showRunning(this.session.running));
    }
    this.branch.on("changed", ({ message }) => this.#saveUnsent(message));
    this.branch.on("identified", ({ message }) => this.#forgetSent(message));
    listen(document, "visibilitychange", () => this.#refresh());
    this.#recallDraft();
  }

  /** @param {string} words for screen readers */
  say(words) {
    this.#status.say(words);
  }

  focus() {
    this.#composer.focus();
  }

  /** Tells it that another model would answer now. */
  noticeModel() {
    this.#costLine.refresh();
  }

  /** @param {string} conversationId */
  async open(conversationId) {
    // What is written before it is open is meant for it.
    const opening = { id: conversationId };
    this.#opening = opening;
    this.#recallDraft();
    try {
      await this.session.open(conversationId);
      this.toast.hide();
    } finally {
      if (this.#opening === opening) this.#opening = null;
      if (this.branch.conversation?.id !== conversationId) this.#recallDraft();
    }
  }

  beginAnew() {
    this.#opening = null;
    this.session.beginAnew();
    this.toast.hide();
    this.#recallDraft();
  }

  get #draftName() {
    return `draft.${this.#opening?.id ?? this.branch.conversation?.id ?? this.#name}`;
  }

  /**
   * What the server did not get would be gone with the page.
   *
   * @param {ChatMessage} answer
   */
  #saveUnsent({ state, asked }) {
    const isFree = this.#memory.recall(this.#draftName) === "";
    if (state === UNSENT && asked?.message && isFree) this.#memory.remember(this.#draftName, asked.message);
  }

  /** @param {ChatMessage} message */
  #forgetSent({ text }) {
    for (const name of [this.#draftName, `draft.${this.#name}`]) {
      if (this.#memory.recall(name) === text) this.#memory.remember(name, "");
    }
  }

  /** @param {string} draft */
  #keepDraft(draft) {
    this.#memory.remember(this.#draftName, draft);
    this.#costLine.write(draft);
  }

  #recallDraft() {
    const draft = this.#memory.recall(this.#draftName);
    this.#composer.write(draft);
    this.#costLine.write(draft);
  }

  /** @param {string} message */
  #send(message) {
    this.toast.hide();
    this.session.send(message);
  }

  #messageActions() {
    const { session, toast } = this;
    return {
      onRetry: (/** @type {ChatMessage} */ answer) => this.#leaveButton(session.retry(answer)),
      onAgain: (/** @type {ChatMessage} */ answer, /** @type {string | undefined} */ model) =>
        this.#leaveButton(session.answerAgain(answer, model)),
      onContinue: () => this.#leaveButton(session.send(texts.continue)),
      onEdit: (/** @type {ChatMessage} */ question, /** @type {string} */ text) =>
        this.#leaveButton(session.edit(question, text)),
      onSwitch: async (/** @type {string} */ id) => {
        await toast.guard(() => session.switchTo(id));
      },
      onOlder: () => toast.guard(() => session.loadOlder()),
      onSay: (/** @type {string} */ words) => this.say(words),
    };
  }

  /** @param {Promise<void>} _ goes on by itself, and shows in the transcript */
  #leaveButton(_) {
    // The button that had the focus is gone now, and the box would open a phone's keyboard.
    this.#transcript.focus();
  }

  #refresh() {
    if (document.visibilityState !== "visible" || this.#transcript.isEdited) return;
    // What cannot be had now stays as it is; whoever does something hears of it then.
    this.session.refresh().catch(() => {});
  }
}
