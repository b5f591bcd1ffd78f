import { Connection } from "../api/connection.js";
import { allowanceOf } from "../conversation/allowance.js";
import { Branch } from "../conversation/branch.js";
import { UNSENT } from "../conversation/chat_message.js";
import { ChatSession } from "../conversation/chat_session.js";
import { Drafts, joined } from "../conversation/drafts.js";
import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { AllowanceNotice } from "./allowance_notice.js";
import { Composer } from "./composer.js";
import { showConnection } from "./connection_line.js";
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
 * @property {string} [opens] the conversation that is about to be opened: what is written already is meant for it
 * @property {() => string | undefined} [chosenModel]
 * @property {() => string[]} [models]
 * @property {import("./messages/actions.js").MessageActions["branching"]} [branching]
 * @property {() => void} [onAsked]
 * @property {import("./messages/actions.js").MessageActions["writerFor"]} writerFor what shows the answers' texts
 * @property {() => import("../conversation/tariff.js").Tariff} tariff what the model costs that would answer now
 */

/** One whole chat inside `root`: the chat page has one, and so has the widget. */
export class ChatPanel {
  branch = new Branch();
  session;
  toast;
  connection;
  #name;
  #drafts;
  #composer;
  #transcript;
  #status;
  #costLine;
  /** @type {{ id: string } | null} the conversation that is being opened */
  #opening;
  /** @type {string} for what the box was filled last */
  #draftName;

  /**
   * @param {HTMLElement} root
   * @param {ChatApi} api
   * @param {LocalMemory} memory
   * @param {PanelOptions} options
   */
  constructor(
    root,
    api,
    memory,
    {
      name,
      opens = "",
      chosenModel,
      models = () => [],
      branching = null,
      onAsked = () => {},
      tariff,
      writerFor,
    },
  ) {
    this.#name = name;
    this.#opening = opens === "" ? null : { id: opens };
    this.#drafts = new Drafts(memory);
    this.#draftName = this.#place;
    const notice = new AllowanceNotice(part(root, "[data-part=allowance]"), memory);
    const onAllowance = (/** @type {unknown} */ told) => notice.show(allowanceOf(told));
    this.session = new ChatSession(api, this.branch, {
      chosenModel,
      onAllowance,
      onAsked: (message) => {
        this.#drafts.sent(message);
        onAsked();
      },
    });
    this.connection = new Connection(api);
    this.toast = new Toast(part(root, "[data-part=toast]"), () => this.#transcript.focus());
    const [transcript, more] = [part(root, "[data-part=transcript]"), part(root, "[data-part=more]")];
    this.#transcript = new Transcript(transcript, more, this.branch, {
      ...this.#messageActions(),
      models,
      branching,
      writerFor,
    });
    this.#composer = new Composer(/** @type {HTMLFormElement} */ (part(root, "[data-part=composer]")), root, {
      onSend: (message) => this.#send(message),
      onStop: () => this.session.stop(),
      onDraft: (draft) => this.#keepDraft(draft),
      onEditLast: () => this.#transcript.editLast(() => this.focus()),
      onSay: (words) => this.say(words),
      onRefused: (sentence) => this.toast.show(sentence),
    });
    this.#costLine = new CostLine(part(root, "[data-part=costs]"), this.branch, tariff);
    this.#status = new StatusLine(part(root, "[data-part=status]"), this.branch);
    showConnection(part(root, "[data-part=connection]"), this.connection, (words) => this.say(words));
    for (const change of /** @type {const} */ (["added", "changed", "opened", "cleared"])) {
      this.branch.on(change, () => this.#composer.showRunning(this.session.running));
    }
    this.branch.on("changed", ({ message }) => this.#giveUpUnsent(message));
    this.branch.on("described", () => this.#moveDraft());
    listen(document, "visibilitychange", () => this.#refresh());
    this.#recallDraft(this.#composer.text);
  }

  /** @param {string} words for screen readers */
  say(words) {
    this.#status.say(words);
  }

  focus() {
    this.#composer.focus();
  }

  copyLast() {
    this.#transcript.copyLast();
  }

  /** Ends the answer that is being made; returns whether there was one. */
  stop() {
    const { running } = this.session;
    this.session.stop();
    return running;
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
      this.#dropDraftThatCame();
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

  /** @param {string} conversationId one that is no more */
  forgetDraft(conversationId) {
    this.#drafts.forget(conversationId);
  }

  /** The name under which drafts are kept here. */
  get #place() {
    return this.#opening?.id ?? this.branch.conversation?.id ?? this.#name;
  }

  /** @param {ChatMessage} answer */
  #giveUpUnsent({ state, asked }) {
    if (state === UNSENT && asked?.message) this.#drafts.giveUp(asked.message);
  }

  /** What was written for a new chat goes along into the conversation that it has become. */
  #moveDraft() {
    const [before, now] = [this.#draftName, this.#place];
    if (before !== this.#name || now === before || this.#opening) return;
    this.#drafts.move(before, now);
    this.#draftName = now;
  }

  /** An earlier page sent it, and was closed before it heard that it had come. */
  #dropDraftThatCame() {
    const question = this.branch.messages.reverse().find(({ role }) => role === "user");
    if (question && this.#drafts.hasCome(this.#place, question.text)) this.#recallDraft();
  }

  /** @param {string} draft */
  #keepDraft(draft) {
    this.#drafts.keep(this.#place, draft);
    this.#costLine.write(draft);
  }

  /** @param {string} [typed] what was written before this script ran */
  #recallDraft(typed = "") {
    const draft = this.#drafts.recall(this.#place);
    this.#draftName = this.#place;
    const text = draft.includes(typed) ? draft : joined(draft, typed);
    if (text !== draft) this.#drafts.keep(this.#place, text);
    this.#composer.write(text);
    this.#costLine.write(text);
  }

  /** @param {string} message */
  async #send(message) {
    this.toast.hide();
    this.#drafts.send(this.#place, message);
    this.#costLine.write("");
    if (await this.session.send(message)) return;
    this.#drafts.giveUp(message);
    this.#recallDraft();
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
      onRefused: (/** @type {string} */ sentence) => toast.show(sentence),
    };
  }

  /** @param {Promise<unknown>} _ goes on by itself, and shows in the transcript */
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
