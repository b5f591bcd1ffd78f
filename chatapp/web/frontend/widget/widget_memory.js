import { LocalMemory } from "../conversation/local_memory.js";

export const TOKEN = "token";

/**
 * What the widget remembers on a site. Nothing lies in the browser's storage before the visitor's first message, and
 * where there is no storage, all of it lasts as long as the page.
 */
export class WidgetMemory extends LocalMemory {
  #stores = true;

  /**
   * @param {string} prefix goes before each name in the storage
   * @param {() => Storage} [openStorage]
   */
  constructor(prefix, openStorage = () => globalThis.localStorage) {
    super(() => this.#opened(openStorage), prefix);
    this.#stores = !this.storesNothing;
  }

  /** Has the browser keep what there is, and what is to come. */
  store() {
    if (this.#stores) return;
    this.#stores = true;
    this.storeAgain();
  }

  forgetAll() {
    super.forgetAll();
    this.#stores = false;
  }

  /** @param {() => Storage} openStorage */
  #opened(openStorage) {
    if (!this.#stores) throw new Error("Nothing may be stored yet.");
    return openStorage();
  }
}
