/** Few enough to be drawn at once, and so many that a long conversation has few groups. */
const MOST_IN_GROUP = 20;

/**
 * The messages, one below the other, in groups. A group that is out of sight need not be drawn; were it each message by
 * itself, the browser would have to ask at every frame of thousands where they are.
 */
export class MessageList {
  #element;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  get first() {
    return this.#element.querySelector(".message");
  }

  /** The distance between two messages, in pixels. */
  get gap() {
    return Number.parseFloat(getComputedStyle(this.#element).rowGap) || 0;
  }

  get hasFocus() {
    return this.#element.matches(":focus-within");
  }

  /** Whether a message is being changed. */
  get isEdited() {
    return this.#element.querySelector("[data-editing=true]") !== null;
  }

  /**
   * @param {Element} message
   * @returns {Element | null} the message above it
   */
  before(message) {
    return (
      message.previousElementSibling ??
      message.parentElement?.previousElementSibling?.lastElementChild ??
      null
    );
  }

  /** @param {Element[]} messages */
  append(messages) {
    const last = this.#element.lastElementChild;
    const room = last === null ? 0 : MOST_IN_GROUP - last.childElementCount;
    if (last instanceof HTMLElement && room > 0) {
      last.append(...messages.slice(0, room));
      delete last.dataset.resting;
    }
    this.#element.append(...groupsOf(messages.slice(Math.max(room, 0))));
    this.#restSoon();
  }

  /** @param {Element[]} messages */
  prepend(messages) {
    this.#element.prepend(...groupsOf(messages));
    this.#restSoon();
  }

  /** @param {Element} message */
  remove(message) {
    const group = message.parentElement;
    message.remove();
    if (group?.childElementCount === 0) group.remove();
  }

  clear() {
    this.#element.replaceChildren();
  }

  /**
   * Lets groups be drawn only where they can be seen, except for the last one, which grows. They must have been drawn
   * once before, or their height would be a guess, and what is read would jump.
   */
  #restSoon() {
    const groups = [...this.#element.querySelectorAll(":scope > :not([data-resting])")];
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        for (const group of groups) {
          if (group instanceof HTMLElement && group.nextElementSibling) group.dataset.resting = "true";
        }
      }),
    );
  }
}

/**
 * Makes groups of messages; the last one is full.
 *
 * @param {Element[]} messages
 */
function groupsOf(messages) {
  const groups = [];
  for (let end = messages.length; end > 0; end -= MOST_IN_GROUP) {
    const group = document.createElement("div");
    group.className = "messages__group";
    group.append(...messages.slice(Math.max(0, end - MOST_IN_GROUP), end));
    groups.unshift(group);
  }
  return groups;
}
