const PREFIX = "chatapp.";
/** Drafts of this length fill a browser's storage for one site only by the dozen. */
const MOST_CHARACTERS = 300_000;

/**
 * Small things that this browser remembers: drafts, and which conversation the widget shows.
 * What is too long, or where the browser allows no storage, is remembered for as long as the page is open.
 */
export class LocalMemory {
  #openStorage;
  #prefix;
  /** @type {Map<string, string>} */
  #here = new Map();

  /**
   * @param {() => Storage} [openStorage] may throw: merely naming a forbidden storage does
   * @param {string} [prefix] goes before each name
   */
  constructor(openStorage = () => globalThis.localStorage, prefix = PREFIX) {
    this.#openStorage = openStorage;
    this.#prefix = prefix;
  }

  /** @param {string} name */
  recall(name) {
    return this.#here.get(name) ?? this.#attempt((storage) => storage.getItem(this.#prefix + name)) ?? "";
  }

  /**
   * @param {string} name
   * @param {string} value "" forgets it
   * @param {boolean} [keepsOld] where this does not fit, what stood there before is still of use to the next page
   */
  remember(name, value, keepsOld = false) {
    this.#here.delete(name);
    const isStored = this.#attempt((storage) => {
      // What stood there before must not come back where this does not fit.
      if (!keepsOld || value === "") storage.removeItem(this.#prefix + name);
      if (value !== "" && value.length <= MOST_CHARACTERS) storage.setItem(this.#prefix + name, value);
      return value.length <= MOST_CHARACTERS;
    });
    if (!isStored && value !== "") this.#here.set(name, value);
  }

  /** Whether nothing of this lies in the storage. */
  get storesNothing() {
    return (this.#attempt((storage) => this.#keysIn(storage)) ?? []).length === 0;
  }

  /** Tries anew to store what could not be stored so far. */
  storeAgain() {
    for (const [name, value] of [...this.#here]) this.remember(name, value);
  }

  forgetAll() {
    this.#here.clear();
    this.#attempt((storage) => {
      for (const key of this.#keysIn(storage)) storage.removeItem(key);
    });
  }

  /** @param {Storage} storage */
  #keysIn(storage) {
    const keys = Array.from({ length: storage.length }, (_, place) => storage.key(place) ?? "");
    return keys.filter((key) => key.startsWith(this.#prefix));
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
