const NAMES = "chatapp ";
const STATIC = "/static/";
const ANY = { ignoreVary: true };
/** For so long the server may be silent before the kept page is shown. */
const PATIENCE_MS = 5_000;

/**
 * Keeps the chat page and its files, and nothing that anybody wrote: so it opens where the server cannot be reached,
 * and says that. Where the server can be reached, the page always comes from there.
 */
export class AppShell {
  #page;
  #files;
  #worker;
  #name;

  /**
   * @param {{ page: string, files: string[] }} parts addresses; those of files change with what is in them
   * @param {{ caches: CacheStorage, fetch: typeof fetch, location: Location, skipWaiting: () => Promise<void>, clients: any, registration: any }} worker
   */
  constructor({ page, files }, worker) {
    this.#page = page;
    this.#files = files;
    this.#worker = worker;
    this.#name = NAMES + files.join(" ");
  }

  async install() {
    const kept = await this.#worker.caches.open(this.#name);
    for (const address of [this.#page, ...this.#files]) {
      const response = await this.#worker.fetch(address);
      if (!this.#mayKeep(address, response)) throw new Error(`${address} is not what this version needs.`);
      await kept.put(address, response);
    }
    await this.#worker.skipWaiting();
  }

  /** What another version has kept is of no use any more. */
  async activate() {
    // Else every page would wait until this script runs.
    await this.#worker.registration.navigationPreload?.enable();
    for (const name of await this.#worker.caches.keys()) {
      if (name.startsWith(NAMES) && name !== this.#name) await this.#worker.caches.delete(name);
    }
  }

  /** @param {any} event a `FetchEvent` */
  answer(event) {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== this.#worker.location.origin) return;
    if (request.mode === "navigate" && pathname === this.#page) event.respondWith(this.#open(event));
    else if (pathname.startsWith(STATIC)) event.respondWith(this.#file(event));
  }

  /** @param {any} event */
  async #open(event) {
    const fresh = this.#preloaded(event);
    event.waitUntil(this.#keep(this.#page, fresh));
    // Of a server that says nothing, one cannot tell whether it will.
    const inTime = await Promise.race([fresh.catch(() => null), later(PATIENCE_MS)]);
    return inTime ?? (await this.#kept(this.#page)) ?? fresh;
  }

  /** @param {any} event */
  async #preloaded({ preloadResponse, request }) {
    return (await preloadResponse) ?? this.#worker.fetch(request);
  }

  /** @param {any} event */
  async #file(event) {
    const kept = await this.#kept(event.request);
    if (kept) return kept;
    const fresh = this.#worker.fetch(event.request);
    event.waitUntil(this.#keep(event.request.url, fresh));
    return fresh;
  }

  /** @param {RequestInfo} request */
  async #kept(request) {
    // A browser whose storage is broken can do without.
    return this.#worker.caches.match(request, { ...ANY, cacheName: this.#name }).catch(() => undefined);
  }

  /**
   * @param {string} address
   * @param {Promise<Response>} fresh
   */
  async #keep(address, fresh) {
    try {
      const response = await fresh;
      if (!this.#mayKeep(address, response)) return;
      const copy = response.clone();
      await (await this.#worker.caches.open(this.#name)).put(address, copy);
    } catch {
      // There is nothing to keep, or no room for it.
    }
  }

  /**
   * The page itself, and no log-in page to which the request was led; of the files those whose address can only ever
   * mean them. A server of another version answers as well, but not with the same file.
   *
   * @param {string} address
   * @param {Response} response
   */
  #mayKeep(address, { ok, redirected, headers }) {
    const isLasting = headers.get("Cache-Control")?.includes("immutable");
    return ok && !redirected && (address === this.#page || isLasting);
  }
}

/**
 * @param {number} ms
 * @returns {Promise<null>}
 */
function later(ms) {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms));
}
