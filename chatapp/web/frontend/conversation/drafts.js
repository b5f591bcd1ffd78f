import { newClientId } from "../answers/client_id.js";

/**
 * @typedef {import("./local_memory.js").LocalMemory} LocalMemory
 * @typedef {import("./chat_message.js").ChatMessage} ChatMessage
 * @typedef {import("../api/chat_api.js").Question} Question
 *
 * A question of which the server has not said that it has it.
 * @typedef {object} Unsent
 * @property {string} name of the place where it was asked
 * @property {Question} question with a `parent_id` once it may have come: only then it must stay the same
 * @property {number} at when it went out, in milliseconds; 0: nobody wants its answer any more
 */

const MOST_DRAFTS = 20;
const INDEX = "drafts";
const ASKED = "asked.";
const ONE_HOUR_MS = 3_600_000;

/**
 * What was written and not sent, and what was sent and may not have come, for each place where one writes: a conversation,
 * or a new one. The newest few are remembered.
 */
export class Drafts {
  #memory;
  #now;
  /** What this page is sending, by `client_id`. @type {Set<string>} */
  #sending = new Set();
  /** What was sent before, and is in a box again, by `client_id`. @type {Map<string, Unsent>} */
  #offered = new Map();
  /** What of that was taken out of the box again, by `client_id`. @type {Set<string>} */
  #takenOut = new Set();

  /**
   * @param {LocalMemory} memory
   * @param {() => number} [now] in milliseconds
   */
  constructor(memory, now = Date.now) {
    this.#memory = memory;
    this.#now = now;
  }

  /**
   * What is to stand in the box: the draft, behind what may not have come.
   *
   * @param {string} name
   * @param {boolean} [isOpening] whether what was sent may still be found to have come
   */
  recall(name, isOpening = false) {
    const draft = this.#memory.recall(draftKey(name));
    const idle = isOpening ? [] : this.#idle(name);
    for (const each of idle) this.#offered.set(each.question.client_id, each);
    const both = joined(...idle.map(textOf).filter((text) => !holds(draft, text)), draft);
    if (both !== draft) this.#remember(draftKey(name), both);
    return both;
  }

  /**
   * @param {string} name
   * @param {string} text "": nothing is written there
   */
  keep(name, text) {
    this.#remember(draftKey(name), text);
    // What was taken out of the box is not to come back into it.
    for (const each of this.#offeredAt(name)) {
      if (holds(text, textOf(each))) continue;
      this.#write(each.question);
      this.#takenOut.add(each.question.client_id);
    }
  }

  /**
   * The text is no draft any more; returns the question that is to be sent. If that is what was sent before, it is the
   * same one, so that the server knows it again.
   *
   * @param {string} name
   * @param {string} message
   * @returns {Question}
   */
  send(name, message) {
    const same = this.#offeredAt(name).find((each) => textOf(each) === message && mayHaveCome(each));
    const question = same?.question ?? { message, client_id: newClientId() };
    this.keep(name, "");
    for (const each of this.#offeredAt(name)) this.#offered.delete(each.question.client_id);
    this.hold(name, question);
    return question;
  }

  /**
   * The question is on its way to a place; that of a new chat changes when it is made.
   *
   * @param {string} name
   * @param {Question} question
   */
  hold(name, question) {
    if (!question.message) return;
    this.#sending.add(question.client_id);
    this.#write(question, { name, question, at: this.#now() });
  }

  /** @param {Question} question the server has it now, also where it is in the box again, in whatever tab */
  arrived(question) {
    this.giveUp(question, true);
    for (const unsent of this.#read(keyOf(question))) {
      const key = draftKey(unsent.name);
      this.#remember(key, without(this.#memory.recall(key), textOf(unsent)));
    }
    this.#write(question);
  }

  /**
   * Nobody tries to send it any more: it is a draft again once its place is shown anew.
   *
   * @param {Question} question
   * @param {boolean} [mayCome] else the server surely does not have it
   */
  giveUp(question, mayCome = false) {
    this.#sending.delete(question.client_id);
    if (!mayCome) this.#change(question, { question: { ...question, parent_id: undefined } });
  }

  /** @param {Question} question nobody wants its answer any more */
  stop(question) {
    this.#change(question, { at: 0 });
  }

  /**
   * Forgets what was sent before and has come after all, as the messages of a place show; returns what that is.
   *
   * @param {string} name
   * @param {ChatMessage[]} messages
   */
  compare(name, messages) {
    // What another tab has brought there is not offered any more.
    const gone = this.#offeredAt(name).filter(
      ({ question }) => !this.#takenOut.has(question.client_id) && this.#read(keyOf(question)).length === 0,
    );
    this.#offered.clear();
    const came = this.#idle(name).filter((unsent) => {
      const { question } = unsent;
      const place = messages.findIndex(({ id }) => id === question.parent_id);
      if (!mayHaveCome(unsent) || (place < 0 && question.parent_id)) return false;
      const next = messages[place + 1];
      const hasCome = next?.text === question.message;
      if (hasCome) this.arrived(question);
      // Else it would stand beside this one.
      else if (next?.siblings.length === 1) this.giveUp(question);
      return hasCome;
    });
    return [...gone, ...came];
  }

  /**
   * What an earlier page was sending a moment ago, and is to be sent again by itself.
   *
   * @param {string} name
   * @param {string | null} end of the conversation: elsewhere it would hide what came since
   */
  unfinished(name, end) {
    const since = this.#now() - ONE_HOUR_MS;
    return this.#idle(name).find((each) => each.question.parent_id === end && each.at > since)?.question;
  }

  /**
   * Takes the draft along when a new conversation gets its name.
   *
   * @param {string} from
   * @param {string} to
   */
  move(from, to) {
    const text = this.#memory.recall(draftKey(from));
    this.#remember(draftKey(from), "");
    if (text !== "") this.#remember(draftKey(to), text);
  }

  /**
   * Returns all that was written or asked at a place and may be lost there, and forgets it.
   *
   * @param {string} name
   */
  take(name) {
    this.#sending.clear();
    const text = this.recall(name);
    this.forget(name);
    return text;
  }

  /** @param {string} name */
  forget(name) {
    for (const { question } of this.#idle(name)) this.#write(question);
    this.keep(name, "");
  }

  /** @returns {Unsent[]} */
  get #all() {
    return this.#keys.filter((key) => key.startsWith(ASKED)).flatMap((key) => this.#read(key));
  }

  /**
   * What was asked at a place, and is not being sent by this page.
   *
   * @param {string} name
   */
  #idle(name) {
    return this.#all.filter((each) => each.name === name && !this.#sending.has(each.question.client_id));
  }

  /** @param {string} name */
  #offeredAt(name) {
    return [...this.#offered.values()].filter((each) => each.name === name);
  }

  /**
   * @param {string} key
   * @returns {Unsent[]} one, or none
   */
  #read(key) {
    try {
      const told = JSON.parse(this.#memory.recall(key));
      return isUnsent(told) && keyOf(told.question) === key ? [told] : [];
    } catch {
      return []; // nothing, or what somebody else has written there
    }
  }

  /**
   * @param {Question} question
   * @param {Partial<Unsent>} changes
   */
  #change(question, changes) {
    for (const unsent of this.#read(keyOf(question))) this.#write(question, { ...unsent, ...changes });
  }

  /**
   * @param {Question} question
   * @param {Unsent} [unsent] nothing: there is nothing to know any more
   */
  #write(question, unsent) {
    this.#remember(keyOf(question), unsent ? JSON.stringify(unsent) : "");
  }

  get #keys() {
    return this.#memory.recall(INDEX).split(" ").filter(Boolean);
  }

  /**
   * @param {string} key
   * @param {string} text
   */
  #remember(key, text) {
    const keys = this.#keys.filter((other) => other !== key);
    if (text !== "") keys.push(key);
    const idle = keys.filter((each) => !this.#sending.has(each.slice(ASKED.length)));
    const old = new Set(idle.slice(0, Math.max(0, keys.length - MOST_DRAFTS)));
    for (const each of old) this.#memory.remember(each, "");
    const index = keys.filter((each) => !old.has(each)).join(" ");
    if (index !== this.#memory.recall(INDEX)) this.#memory.remember(INDEX, index, true);
    this.#memory.remember(key, text);
  }
}

/** @param {string[]} drafts */
export function joined(...drafts) {
  return drafts.filter(Boolean).join("\n\n");
}

/**
 * Tells whether a text stands in a draft as it was put there: between empty lines.
 *
 * @param {string} draft
 * @param {string} text
 */
function holds(draft, text) {
  return apart(draft).includes(apart(text));
}

/**
 * @param {string} draft
 * @param {string} text
 */
export function without(draft, text) {
  return holds(draft, text) ? apart(draft).replace(apart(text), "\n\n").trim() : draft;
}

/** @param {string} text */
function apart(text) {
  return `\n\n${text}\n\n`;
}

/** @param {Unsent} unsent */
function textOf({ question }) {
  return question.message ?? "";
}

/** @param {any} told */
function isUnsent(told) {
  return typeof told?.name === "string" && typeof told.question?.message === "string";
}

/** @param {Unsent} unsent */
function mayHaveCome({ question }) {
  return question.parent_id !== undefined;
}

/** @param {string} name */
function draftKey(name) {
  return `draft.${name}`;
}

/** @param {Question} question */
function keyOf({ client_id }) {
  return ASKED + client_id;
}
