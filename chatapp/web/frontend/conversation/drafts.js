/** @typedef {import("./local_memory.js").LocalMemory} LocalMemory */

const MOST_DRAFTS = 20;
const INDEX = "drafts";

/**
 * What was written and not sent, and what was sent and may not have come, for each place where one writes: a conversation,
 * or a new one. The newest few are remembered.
 */
export class Drafts {
  #memory;
  /** What this page has sent, and the server has not confirmed. @type {Map<string, string>} */
  #sending = new Map();
  /** What an earlier page had sent, and this one offers as a draft. @type {Map<string, string>} */
  #recovered = new Map();

  /** @param {LocalMemory} memory */
  constructor(memory) {
    this.#memory = memory;
  }

  /**
   * What is to stand in the box: the draft, behind what may not have come.
   *
   * @param {string} name
   */
  recall(name) {
    const draft = this.#memory.recall(draftKey(name));
    const unsent = this.#sending.has(name) ? "" : this.#memory.recall(unsentKey(name));
    if (unsent === "") return draft;
    this.#recovered.set(name, unsent);
    this.#remember(unsentKey(name), "");
    const both = joined(unsent, draft);
    this.keep(name, both);
    return both;
  }

  /**
   * @param {string} name
   * @param {string} text "": nothing is written there
   */
  keep(name, text) {
    this.#remember(draftKey(name), text);
  }

  /**
   * The text is on its way, and no draft any more.
   *
   * @param {string} name
   * @param {string} text
   */
  send(name, text) {
    this.#sending.set(name, text);
    this.#remember(unsentKey(name), text);
    this.keep(name, "");
  }

  /** @param {string} text what the server has now */
  sent(text) {
    for (const [name, sending] of this.#sending) {
      if (sending !== text) continue;
      this.#sending.delete(name);
      this.#remember(unsentKey(name), "");
    }
  }

  /**
   * Nobody tries to send it any more: it is a draft again once its place is shown anew.
   *
   * @param {string} text
   */
  giveUp(text) {
    for (const [name, sending] of this.#sending) if (sending === text) this.#sending.delete(name);
  }

  /**
   * Returns whether the draft was sent by an earlier page and has come after all, and forgets it then.
   *
   * @param {string} name
   * @param {string} text what was asked last there
   */
  hasCome(name, text) {
    const came = this.#recovered.get(name) === text && this.#memory.recall(draftKey(name)) === text;
    if (came) this.keep(name, "");
    return came;
  }

  /**
   * Takes everything along when a new conversation gets its name.
   *
   * @param {string} from
   * @param {string} to
   */
  move(from, to) {
    for (const key of [draftKey, unsentKey]) {
      const text = this.#memory.recall(key(from));
      if (text === "") continue;
      this.#remember(key(from), "");
      this.#remember(key(to), text);
    }
    const sending = this.#sending.get(from);
    if (sending === undefined) return;
    this.#sending.delete(from);
    this.#sending.set(to, sending);
  }

  /** @param {string} name */
  forget(name) {
    for (const key of [draftKey, unsentKey]) this.#remember(key(name), "");
  }

  /**
   * @param {string} key
   * @param {string} text
   */
  #remember(key, text) {
    const keys = this.#memory.recall(INDEX).split(" ").filter(Boolean);
    if (text !== "" && keys.at(-1) !== key) {
      const newest = [...keys.filter((other) => other !== key), key];
      for (const old of newest.splice(0, newest.length - MOST_DRAFTS)) this.#memory.remember(old, "");
      this.#memory.remember(INDEX, newest.join(" "));
    } else if (text === "" && keys.includes(key)) {
      this.#memory.remember(INDEX, keys.filter((other) => other !== key).join(" "));
    }
    this.#memory.remember(key, text);
  }
}

/** @param {string[]} drafts */
export function joined(...drafts) {
  return drafts.filter(Boolean).join("\n\n");
}

/** @param {string} name */
function draftKey(name) {
  return `draft.${name}`;
}

/** @param {string} name */
function unsentKey(name) {
  return `unsent.${name}`;
}
