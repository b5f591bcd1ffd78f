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
  /** Whether its storage cannot even be read. */
  isBroken = false;
  /** @type {Promise<void> | undefined} what the network waits for */
  silence;
  headers = { "Cache-Control": "public, immutable" };

  caches = {
    open: async (name) => {
      if (!this.shelves.has(name)) this.shelves.set(name, new Map());
      const shelf = this.shelves.get(name);
      return {
        put: async (request, response) => void shelf.set(addressOf(request), response),
      };
    },
    keys: async () => [...this.shelves.keys()],
    delete: async (name) => this.shelves.delete(name),
    match: async (request) => {
      if (this.isBroken) throw new DOMException("broken", "QuotaExceededError");
      for (const shelf of this.shelves.values()) {
        const kept = shelf.get(addressOf(request));
        if (kept) return kept.clone();
      }
    },
  };

  async skipWaiting() {}

  fetch = async (request) => {
    if (!this.isOnline) throw new TypeError("no network");
    await this.silence;
    this.asked.push(addressOf(request));
    const isThere = !addressOf(request).endsWith("missing");
    const { headers } = this;
    return new Response(`${addressOf(request)} #${this.asked.length}`, {
      status: isThere ? 200 : 404,
      headers,
    });
  };
}

function addressOf(request) {
  const { pathname, search } = new URL(typeof request === "string" ? request : request.url, HOST);
  return pathname + search;
}

/** Returns the text that the page gets, or null where the script leaves the request to the browser. */
async function get(shell, address, options = {}, onText = (_) => {}) {
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
  const text = (await (await answered)?.text()) ?? null;
  onText(text);
  await Promise.all(waits);
  return text;
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

test("a file of another version is shown, and not kept", async () => {
  const { shell, worker } = await installed();
  worker.headers = { "Cache-Control": "no-cache" };

  await get(shell, "/static/later.js?v=2");
  worker.headers = { "Cache-Control": "public, immutable" };
  await get(shell, "/static/later.js?v=2");
  await get(shell, "/static/later.js?v=2");

  assert.equal(worker.asked.filter((address) => address === "/static/later.js?v=2").length, 2);
});

test("where a file of another version comes it is not installed", async () => {
  const worker = new FakeWorker();
  worker.headers = { "Cache-Control": "no-cache" };

  await assert.rejects(installed(FILES, worker), /\/static\/chat\.js\?v=1 is not what/);
});

test("a page to which the request was led is not kept", async () => {
  const { shell, worker } = await installed();
  const kept = await get(shell, "/chat", NAVIGATION);
  const { fetch } = worker;
  worker.fetch = async (request) =>
    Object.defineProperty(await fetch(request), "redirected", { value: true });

  assert.notEqual(await get(shell, "/chat", NAVIGATION), kept);
  worker.isOnline = false;

  assert.equal(await get(shell, "/chat", NAVIGATION), kept);
});

test("where the storage is broken everything comes from the server", async () => {
  const { shell, worker } = await installed();
  worker.isBroken = true;

  assert.match(await get(shell, FILES[0]), /chat\.js/);
  assert.match(await get(shell, "/chat", NAVIGATION), /chat/);
});

test("of a server that says nothing the kept page is shown, and kept anew once it does", async (t) => {
  const { shell, worker } = await installed();
  const kept = await get(shell, "/chat", NAVIGATION);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let speak = () => {};
  worker.silence = new Promise((resolve) => {
    speak = resolve;
  });

  let shown;
  const whole = get(shell, "/chat", NAVIGATION, (text) => {
    shown = text;
  });
  await settled();
  t.mock.timers.tick(5_000);
  await settled();
  assert.equal(shown, kept);
  speak();
  await whole;
  worker.isOnline = false;

  const later = await get(shell, "/chat", NAVIGATION);
  assert.notEqual(later, kept);
});

function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
