/** A browser's storage, as far as it is used. */
export class Shelf extends Map {
  getItem = (key) => this.get(key) ?? null;
  setItem = (key, value) => this.set(key, value);
  removeItem = (key) => this.delete(key);
  key = (place) => [...this.keys()][place] ?? null;

  get length() {
    return this.size;
  }
}
