import assert from "node:assert/strict";
import { test } from "node:test";
import { AppShell } from "../../chatapp/web/frontend/app_shell/app_shell.js";

const HOST = "http://chat.test";
const FILES = ["/static/chat.js?v=1", "/static/chat.css?v=1"];

/** What a service worker finds around it: caches, and a network that answers as it should. */
class FakeWorker {
  location = new URL(HOST);
  registration = {};
  /** @type {Map<string, Map<string, Response>>} */
  shelves = new Map();
  /** @type {string[]} */
  asked = [];
  isOnline = true;

  caches = {
    open: async (name) => {
      if (!this.shelves.has(name)) this.shelves.set(name, new Map());
      const shelf = this.shelves.get(name);
      return {
        put: async (request, response) => void shelf.set(addressOf(request), response),
        addAll: async (addresses) => {
          for (const each of addresses) shelf.set(addressOf(each), await this.fetch(each));
        },
      };
    },
    keys: async () => [...this.shelves.keys()],
    delete: async (name) => this.shelves.delete(name),
    match: async (request) => {
      for (const shelf of this.shelves.values()) {
        const kept = shelf.get(addressOf(request));
        if (kept) return kept.clone();
      }
    },
  };

  async skipWaiting() {}

  fetch = async (request) => {
    if (!this.isOnline) throw new TypeError("no network");
    this.asked.push(addressOf(request));
    const isThere = !addressOf(request).endsWith("missing");
    return new Response(`${addressOf(request)} #${this.asked.length}`, { status: isThere ? 200 : 404 });
  };
}

function addressOf(request) {
  const { pathname, search } = new URL(typeof request === "string" ? request : request.url, HOST);
  return pathname + search;
}

/** Returns the text that the page gets, or null where the script leaves the request to the browser. */
async function get(shell, address, options = {}) {
  const waits = [];
  let answered = null;
  const request = { url: new URL(address, HOST).href, method: "GET", mode: "no-cors", ...options };
  shell.answer({
    request,
    respondWith: (response) => {
      answered = response;
    },
    waitUntil: (wait) => waits.push(wait),
  });
  const response = await answered;
  await Promise.all(waits);
  return response?.text() ?? null;
}

async function installed(files = FILES, worker = new FakeWorker()) {
  const shell = new AppShell({ page: "/chat", files }, worker);
  await shell.install();
  await shell.activate();
  return { shell, worker };
}

const NAVIGATION = { mode: "navigate" };

test("the page comes from the server where that can be reached, and else as it came last", async () => {
  const { shell, worker } = await installed();

  const fresh = await get(shell, "/chat?id=1", NAVIGATION);
  worker.isOnline = false;

  assert.match(fresh, /^\/chat\?id=1 #4$/);
  assert.equal(await get(shell, "/chat?id=2", NAVIGATION), fresh);
});

test("a page that says no is shown, and not kept", async () => {
  const { shell, worker } = await installed();
  const kept = await get(shell, "/chat", NAVIGATION);

  assert.match(await get(shell, "/chat?missing", NAVIGATION), /missing/);
  worker.isOnline = false;

  assert.equal(await get(shell, "/chat", NAVIGATION), kept);
});

test("a file is asked for once", async () => {
  const { shell, worker } = await installed();
  const before = worker.asked.length;

  await get(shell, "/static/later.js?v=1");
  await get(shell, "/static/later.js?v=1");
  await get(shell, FILES[0]);

  assert.deepEqual(worker.asked.slice(before), ["/static/later.js?v=1"]);
});

test("a file that is not there is asked for again", async () => {
  const { shell, worker } = await installed();

  await get(shell, "/static/missing");
  await get(shell, "/static/missing");

  assert.equal(worker.asked.filter((address) => address === "/static/missing").length, 2);
});

for (const [address, options] of [
  ["/api/conversations", {}],
  ["/chat", { method: "POST" }],
  ["/chat", {}],
  ["/usage", NAVIGATION],
  ["http://other.test/static/chat.js", {}],
]) {
  test(`${options.method ?? "GET"} ${address} ${options.mode ?? ""} is none of its business`, async () => {
    const { shell } = await installed();

    assert.equal(await get(shell, address, options), null);
  });
}

test("a new version forgets what the old one kept, and nothing else", async () => {
  const { worker } = await installed();
  worker.shelves.set("somebody else's", new Map());

  await installed(["/static/chat.js?v=2"], worker);

  assert.deepEqual([...worker.shelves.keys()], ["somebody else's", "chatapp /static/chat.js?v=2"]);
});
