import { listen } from "../listen.js";

const [CONVERSATION, HANDOFF] = ["c", "handoff"];
const ID = /^[\w-]{1,64}$/;

/** The page's address names the conversation, behind the “#”: what stands there never reaches a log. */
export class Address {
  #window;

  /** @param {Window} [view] */
  constructor(view = window) {
    this.#window = view;
  }

  get conversationId() {
    const id = this.#part(CONVERSATION);
    return ID.test(id) ? id : "";
  }

  /** Returns the secret of a hand-off, if the address brought one, and takes it out of there. */
  takeSecret() {
    const secret = this.#part(HANDOFF);
    if (secret !== "") this.#window.history.replaceState(null, "", this.#with(""));
    return secret;
  }

  /**
   * @param {string} conversationId "" for none
   * @param {{ inPlace?: boolean }} [how] whether going back is not to lead to what was shown until now
   */
  show(conversationId, { inPlace = false } = {}) {
    if (conversationId === this.conversationId) return;
    const address = this.#with(conversationId && `#${CONVERSATION}=${conversationId}`);
    if (inPlace) this.#window.history.replaceState(null, "", address);
    else this.#window.history.pushState(null, "", address);
  }

  /**
   * Calls `handler` when somebody goes back, forward, or changes the address; returns what ends it.
   *
   * @param {() => void} handler
   */
  onChange(handler) {
    return listen(this.#window, "popstate", handler);
  }

  /**
   * The address that brings this visitor to another device.
   *
   * @param {string} secret
   */
  linkFor(secret) {
    const { origin, pathname } = this.#window.location;
    return `${origin}${pathname}#${HANDOFF}=${secret}`;
  }

  /** @param {string} name */
  #part(name) {
    return new URLSearchParams(this.#window.location.hash.slice(1)).get(name) ?? "";
  }

  /** @param {string} fragment */
  #with(fragment) {
    const { pathname, search } = this.#window.location;
    return pathname + search + fragment;
  }
}
