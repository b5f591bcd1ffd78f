const PREFIX = "chatapp.";

/**
 * Small things that this browser remembers: drafts, and which conversation the widget shows.
 * Where the browser allows no storage, nothing is remembered.
 */
export class LocalMemory {
  #openStorage;

  /** @param {() => Storage} [openStorage] may throw: merely naming a forbidden storage does */
  constructor(openStorage = () => globalThis.localStorage) {
    this.#openStorage = openStorage;
  }

  /** @param {string} name */
  recall(name) {
    return this.#attempt((storage) => storage.getItem(PREFIX + name)) ?? "";
  }

  /**
   * @param {string} name
   * @param {string} value "" forgets it
   */
  remember(name, value) {
    this.#attempt((storage) => {
      if (value === "") storage.removeItem(PREFIX + name);
      else storage.setItem(PREFIX + name, value);
    });
  }

  forgetAll() {
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
