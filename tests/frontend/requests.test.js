import assert from "node:assert/strict";
import { test } from "node:test";
import { Requests } from "../../chatapp/web/frontend/api/requests.js";
import { VisitorApi } from "../../chatapp/web/frontend/api/visitor_api.js";

/** Returns an API whose server answers with `answer`, and what was asked of it. */
function apiWith(answer) {
  const asked = [];
  const fetch = async (address, options) => {
    asked.push({ address, ...options });
    return answer();
  };
  return { api: new VisitorApi(new Requests(fetch)), asked };
}

const failure = async (answer) => {
  const { api } = apiWith(answer);
  const error = await api.show("c1").catch((thrown) => thrown);
  return error.problem;
};

test("a question is sent as JSON", async () => {
  const { api, asked } = apiWith(() => Response.json({ id: "r1" }, { status: 202 }));
  const reply = await api.ask("c1", { message: "Hi", parent_id: null, client_id: "x" });
  assert.equal(reply.id, "r1");
  assert.equal(asked[0].address, "/api/conversations/c1/replies");
  assert.equal(asked[0].headers["Content-Type"], "application/json");
  assert.deepEqual(JSON.parse(asked[0].body), { message: "Hi", parent_id: null, client_id: "x" });
});

test("what is not wanted does not stand in the address", async () => {
  const { api, asked } = apiWith(() => Response.json({ conversations: [], next: null }));
  await api.list();
  await api.list({ query: "a b&c", cursor: "n", limit: 5 });
  assert.deepEqual(
    asked.map(({ address }) => address),
    ["/api/conversations", "/api/conversations?q=a+b%26c&cursor=n&limit=5"],
  );
});

test("events are asked for from a place", async () => {
  const { api, asked } = apiWith(() => new Response(""));
  await api.events("r1", 7, new AbortController().signal);
  assert.equal(asked[0].headers["Last-Event-ID"], "7");
});

test("an answer without a body is none", async () => {
  const { api } = apiWith(() => new Response(null, { status: 204 }));
  assert.equal(await api.remove("c1"), null);
});

test("a server out of reach says so, and it may pass", async () => {
  const { api } = apiWith(() => {
    throw new TypeError("Failed to fetch");
  });
  const error = await api.show("c1").catch((thrown) => thrown);
  assert.deepEqual([error.problem.code, error.passes], ["unreachable", true]);
});

test("a refused request tells what the server said", async () => {
  const refused = {
    error: "The message is too long.",
    code: "invalid_request",
    request_id: "r2",
    details: [{ path: "message", reason: "Longer than 100." }],
  };
  assert.deepEqual(
    await failure(() => Response.json(refused, { status: 400, headers: { "Retry-After": "12" } })),
    {
      reason: "The message is too long.",
      code: "invalid_request",
      requestId: "r2",
      retryAfterSeconds: 12,
      details: ["message: Longer than 100."],
    },
  );
});

test("an error page of a proxy still becomes a sentence", async () => {
  const headers = { "X-Request-Id": "r3", "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" };
  const problem = await failure(() => new Response("<h1>Bad gateway</h1>", { status: 502, headers }));
  assert.match(problem.reason, /status 502/);
  assert.deepEqual([problem.requestId, problem.retryAfterSeconds], ["r3", null]);
});

test("an answer that breaks off is a broken line", async () => {
  assert.equal((await failure(() => new Response('{"id": "c'))).code, "connection_lost");
});
