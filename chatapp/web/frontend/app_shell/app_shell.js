const NAMES = "chatapp ";
const STATIC = "/static/";
const ANY = { ignoreVary: true };

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
    await kept.addAll([this.#page, ...this.#files]);
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
    let response;
    try {
      response = (await event.preloadResponse) ?? (await this.#worker.fetch(event.request));
    } catch (error) {
      const kept = await this.#worker.caches.match(this.#page, ANY);
      if (!kept) throw error;
      return kept;
    }
    if (response.ok) this.#keep(event, this.#page, response);
    return response;
  }

  /** @param {any} event */
  async #file(event) {
    const kept = await this.#worker.caches.match(event.request, ANY);
    if (kept) return kept;
    const response = await this.#worker.fetch(event.request);
    if (response.ok) this.#keep(event, event.request, response);
    return response;
  }

  /**
   * @param {any} event
   * @param {RequestInfo} request
   * @param {Response} response
   */
  #keep(event, request, response) {
    const copy = response.clone();
    event.waitUntil(this.#worker.caches.open(this.#name).then((kept) => kept.put(request, copy)));
  }
}
