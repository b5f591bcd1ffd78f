import { AnswerError } from "../answers/answer_error.js";
import { Connection } from "../api/connection.js";
import { allowanceOf } from "../conversation/allowance.js";
import { Branch } from "../conversation/branch.js";
import { OUT_OF_REACH, UNSENT } from "../conversation/chat_message.js";
import { ChatSession } from "../conversation/chat_session.js";
import { Drafts, joined, without } from "../conversation/drafts.js";
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
 * @property {boolean} [asksAgain] whether a question that an earlier page was sending is asked by itself; else it is in
 *   the box, where one sees and may change it
 * @property {typeof import("./text_files.js").takeFiles} takeFiles
 * @property {() => void} [onAsked]
 * @property {() => boolean} [onGone] told when the conversation that is shown, or to be shown, is no more; returns whether
 *   it has said so
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
  #onGone;
  /** @type {{ id: string, isLoading: boolean } | null} the conversation that is to be shown, and is not yet */
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
      asksAgain = false,
      takeFiles,
      onAsked,
      onGone,
      tariff,
      writerFor,
    },
  ) {
    this.#name = name;
    this.#onGone = onGone;
    this.#opening = opens === "" ? null : { id: opens, isLoading: true };
    this.#drafts = new Drafts(memory);
    this.#draftName = this.#place;
    const notice = new AllowanceNotice(part(root, "[data-part=allowance]"), memory);
    const onAllowance = (/** @type {unknown} */ told) => notice.show(allowanceOf(told));
    this.session = new ChatSession(api, this.branch, {
      chosenModel,
      onAllowance,
      outbox: {
        onSending: (question, id = this.#place) => this.#drafts.hold(id, question),
        onArrived: (question) => {
          this.#drafts.arrived(question);
          onAsked?.();
        },
        onUnsent: (...told) => this.#takeBack(...told),
        onStopped: (question) => this.#drafts.stop(question),
        unfinished: (id) =>
          asksAgain ? this.#drafts.unfinished(id, this.branch.lastKept?.id ?? null) : undefined,
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
      takeFiles,
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
    for (const change of /** @type {const} */ (["added", "cut", "changed", "opened", "cleared"])) {
      this.branch.on(change, () =>
        this.#composer.showRunning(this.session.running, this.branch.last?.stopping),
      );
    }
    for (const change of /** @type {const} */ (["opened", "cleared"])) {
      this.branch.on(change, () => this.#composer.forgetNext());
    }
    this.branch.on("opened", () => this.#settle());
    this.branch.on("changed", ({ message }) => this.#checkGone(message));
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
    const opening = { id: conversationId, isLoading: true };
    this.#opening = opening;
    this.#recallDraft();
    try {
      await this.session.open(conversationId);
      this.toast.hide();
    } catch (error) {
      if (this.#opening === opening) {
        opening.isLoading = false;
        // Where another one is still shown, that is meant.
        if (this.branch.conversation !== null) this.#opening = null;
        this.#recallDraft();
      }
      if (!this.#tellGone(error)) throw error;
    }
  }

  /**
   * Begins a new chat where the conversation is no more, with all that was written in it.
   *
   * @param {() => void} [forget] what was remembered of it
   */
  leaveGone(forget = () => {}) {
    // Another tab may have had the draft forgotten already, but what is in the box was not meant.
    const written = this.#composer.text;
    const text = withTyped(this.#drafts.take(this.#place), written);
    forget();
    this.beginAnew();
    this.#drafts.keep(this.#place, joined(text, this.#composer.text));
    this.#recallDraft();
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

  /**
   * What has not come is a draft again: at once where it was taken back, else once its place is shown anew.
   *
   * @type {import("../conversation/answer_run.js").Outbox["onUnsent"]}
   */
  #takeBack(question, problem, isLeft) {
    this.#drafts.giveUp(question, problem !== null && !new AnswerError(problem).isRefusal);
    if (problem !== null && !isLeft) return;
    this.#recallDraft();
    // Its answer, which would have told, is not shown any more.
    if (problem !== null) this.toast.show(problem.reason);
    else if (!isLeft) {
      this.say(texts.stopped);
      this.#refresh();
    }
  }

  /** @param {ChatMessage} answer */
  #checkGone({ state, problem }) {
    if (problem !== null && [UNSENT, OUT_OF_REACH].includes(state)) this.#tellGone(new AnswerError(problem));
  }

  /** @param {unknown} error */
  #tellGone(error) {
    return error instanceof AnswerError && error.isGone && (this.#onGone?.() ?? false);
  }

  /** What was written for a new chat goes along into the conversation that it has become. */
  #moveDraft() {
    const [before, now] = [this.#draftName, this.#place];
    if (before !== this.#name || now === before || this.#opening) return;
    this.#drafts.move(before, now);
    this.#draftName = now;
  }

  /** Drops what an earlier page, or another one, has sent, and which has come after all. */
  #settle() {
    if (this.#opening?.id === this.branch.conversation?.id) this.#opening = null;
    const { messages } = this.branch;
    const isSamePlace = this.#draftName === this.#place;
    const came = this.#drafts.compare(this.#place, messages);
    const last = messages.reverse().find(({ role }) => role === "user");
    const isUnwanted = came.some((each) => each.at === 0 && each.question.message === last?.text);
    // Only then it is followed, or what has not come is sent again.
    queueMicrotask(() => {
      if (isUnwanted) this.session.stop();
      // What another tab has done to the draft does not take away what is being written here, unless it has sent that.
      const { text } = this.#composer;
      const isSent = messages.some((message) => message.role === "user" && message.text === text.trim());
      const typed = isSamePlace && !isSent ? text : "";
      this.#recallDraft(came.reduce((left, { question }) => without(left, question.message ?? ""), typed));
    });
  }

  /** @param {string} draft */
  #keepDraft(draft) {
    this.#drafts.keep(this.#place, draft);
    this.#costLine.write(draft);
  }

  /** @param {string} [typed] what was written before this script ran */
  #recallDraft(typed = "") {
    const draft = this.#drafts.recall(this.#place, this.#opening?.isLoading);
    this.#draftName = this.#place;
    const text = withTyped(draft, typed);
    if (text !== draft) this.#drafts.keep(this.#place, text);
    this.#composer.write(text);
    this.#costLine.write(text);
  }

  /** @param {string} message */
  async #send(message) {
    this.toast.hide();
    const question = this.#drafts.send(this.#place, message);
    this.#costLine.write("");
    try {
      if (await this.session.send(message, question)) return;
    } catch (error) {
      if (error instanceof AnswerError && !this.#tellGone(error)) this.toast.show(error.message);
    }
    this.#drafts.giveUp(question, true);
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

/**
 * @param {string} draft
 * @param {string} typed what may not be in it
 */
function withTyped(draft, typed) {
  return draft.includes(typed) ? draft : joined(draft, typed);
}
