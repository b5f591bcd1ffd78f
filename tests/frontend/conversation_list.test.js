import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerError } from "../../chatapp/web/frontend/answers/answer_error.js";
import { ConversationList } from "../../chatapp/web/frontend/list/conversation_list.js";

/** A server with so many conversations; it lists them in pages of 30 at most. */
class Shelf {
  asked = [];
  gate = null;

  constructor(count) {
    this.entries = Array.from({ length: count }, (_, place) => ({
      id: `c${place}`,
      title: `Title ${place}`,
    }));
  }

  async list({ query = "", cursor, limit = 30, signal }) {
    this.asked.push({ query, cursor, limit });
    await this.gate;
    signal?.throwIfAborted();
    const found = this.entries.filter(({ title }) => title.includes(query));
    const begin = Number(cursor ?? 0);
    const end = begin + limit;
    return { conversations: found.slice(begin, end), next: end < found.length ? String(end) : null };
  }

  async change(id, changes) {
    const entry = this.entries.find((each) => each.id === id);
    return Object.assign(entry, changes);
  }

  async remove(id) {
    this.entries = this.entries.filter((entry) => entry.id !== id);
  }
}

async function listOf(count) {
  const shelf = new Shelf(count);
  const list = new ConversationList(shelf);
  await list.refresh();
  return { shelf, list };
}

test("scrolling on loads what comes next, once", async () => {
  const { list } = await listOf(70);
  await Promise.all([list.loadMore(), list.loadMore()]);
  assert.deepEqual([list.entries.length, list.hasMore], [60, true]);
  await list.loadMore();
  assert.deepEqual([list.entries.length, list.hasMore], [70, false]);
});

test("a refresh loads as much as was loaded", async () => {
  const { shelf, list } = await listOf(70);
  await list.loadMore();
  await list.refresh();
  assert.equal(shelf.asked.at(-1).limit, 60);
});

test("the last search wins, however long the first one takes", async () => {
  const { shelf, list } = await listOf(30);
  let open = () => {};
  shelf.gate = new Promise((resolve) => {
    open = resolve;
  });
  const first = list.search("Title 1");
  shelf.gate = null;
  await list.search("Title 2");
  open();
  await first;
  assert.deepEqual([list.query, list.entries[0].id], ["Title 2", "c2"]);
});

test("a new title shows, and an entry that is removed goes", async () => {
  const { list } = await listOf(3);
  await list.change("c1", { title: "Bread" });
  assert.equal(list.find("c1").title, "Bread");
  await list.remove("c1");
  assert.deepEqual(
    list.entries.map(({ id }) => id),
    ["c0", "c2"],
  );
});

test("a list that cannot be had says why, and keeps what is known", async () => {
  const { shelf, list } = await listOf(3);
  shelf.gate = Promise.reject(AnswerError.unreachable());
  await list.refresh();
  assert.deepEqual([list.problem.code, list.entries.length], ["unreachable", 3]);
});
