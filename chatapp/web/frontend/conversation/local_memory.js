const PREFIX = "chatapp.";
/** Drafts of this length fill a browser's storage for one site only by the dozen. */
const MOST_CHARACTERS = 200_000;

/**
 * Small things that this browser remembers: drafts, and which conversation the widget shows.
 * What is too long, or where the browser allows no storage, is remembered for as long as the page is open.
 */
export class LocalMemory {
  #openStorage;
  /** @type {Map<string, string>} */
  #here = new Map();

  /** @param {() => Storage} [openStorage] may throw: merely naming a forbidden storage does */
  constructor(openStorage = () => globalThis.localStorage) {
    this.#openStorage = openStorage;
  }

  /** @param {string} name */
  recall(name) {
    return this.#here.get(name) ?? this.#attempt((storage) => storage.getItem(PREFIX + name)) ?? "";
  }

  /**
   * @param {string} name
   * @param {string} value "" forgets it
   */
  remember(name, value) {
    this.#here.delete(name);
    const isStored = this.#attempt((storage) => {
      // What stood there before must not come back where this does not fit.
      storage.removeItem(PREFIX + name);
      if (value !== "" && value.length <= MOST_CHARACTERS) storage.setItem(PREFIX + name, value);
      return value.length <= MOST_CHARACTERS;
    });
    if (!isStored && value !== "") this.#here.set(name, value);
  }

  forgetAll() {
    this.#here.clear();
    this.#attempt((storage) => {
      const names = Array.from({ length: storage.length }, (_, place) => storage.key(place) ?? "");
      for (const name of names) if (name.startsWith(PREFIX)) storage.removeItem(name);
    });
  }

  /**
   * @template T
   * @param {(storage: Storage) => T} action
   * @returns {T | undefined}
   */
  #attempt(action) {
    try {
      return action(this.#openStorage());
    } catch {
      return undefined;
    }
  }
}
