import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { AnswerError } from "../../chatapp/web/frontend/answers/answer_error.js";
import { Retrying } from "../../chatapp/web/frontend/answers/retrying.js";
import { Branch } from "../../chatapp/web/frontend/conversation/branch.js";
import { ChatSession } from "../../chatapp/web/frontend/conversation/chat_session.js";
import { ScriptedServer } from "./scripted_server.js";
import { NoPauses } from "./streams.js";

const begun = [];

// One whose server stays out of reach would go on trying.
afterEach(() => {
  for (const session of begun.splice(0)) session.giveUp();
});

function begin({ server = new ScriptedServer(), chosenModel, now, again } = {}) {
  const branch = new Branch();
  const retrying = new Retrying(new NoPauses(), now);
  const told = [];
  const outbox = {
    onSending: ({ message }, id) => told.push(`sending ${message}${id ? ` to ${id}` : ""}`),
    onArrived: ({ message }) => told.push(`arrived ${message}`),
    onUnsent: ({ message }, problem, isLeft) =>
      told.push(
        problem ? `unsent ${message}: ${problem.reason}${isLeft ? ", left" : ""}` : `taken back ${message}`,
      ),
    onStopped: ({ message }) => told.push(`stopped ${message}`),
    unfinished: () => again,
  };
  const session = new ChatSession(server, branch, { chosenModel, retrying, outbox });
  begun.push(session);
  return { server, branch, session, told };
}

const shown = (branch) => branch.messages.map(({ text }) => text);
const looks = (branch) => branch.messages.filter(({ role }) => role === "assistant").map(({ look }) => look);
const questions = (server) => server.questions.map(({ client_id: _, ...question }) => question);

test("the first message makes the conversation", async () => {
  const { server, branch, session } = begin({ chosenModel: () => "gpt-4o" });
  await session.send("Hello");
  assert.deepEqual(shown(branch), ["Hello", "answer to Hello"]);
  assert.deepEqual(server.made, [{ model: "gpt-4o", system: undefined }]);
  assert.equal(branch.conversation.id, "c1");
});

test("what the model was not told is known before its first word", async () => {
  const { server, branch, session } = begin();
  server.leftOut = 12;
  const known = [];
  branch.addEventListener("grown", ({ detail }) => known.push(detail.message.leftOut));
  await session.send("Hello");
  assert.deepEqual([known[0], branch.last.leftOut], [12, 12]);
});

test("instructions that were given before go along with it", async () => {
  const { server, branch, session } = begin();
  branch.instruct("Be short.");
  await session.send("Hello");
  assert.equal(server.made[0].system, "Be short.");
});

test("the next message stands under what is shown", async () => {
  const { server, branch, session } = begin();
  await session.send("one");
  await session.send("two");
  assert.deepEqual(questions(server)[1], { message: "two", parent_id: branch.messages[1].id });
});

test("each question has an id of its own", async () => {
  const { server, session } = begin();
  await session.send("one");
  await session.send("two");
  assert.equal(new Set(server.questions.map((question) => question.client_id)).size, 2);
});

test("a question whose answer got lost is sent again under the same id", async () => {
  const { server, branch, session } = begin();
  server.losesAnswers = 2;
  await session.send("Hello");
  assert.deepEqual(shown(branch), ["Hello", "answer to Hello"]);
  assert.deepEqual([server.questions.length, server.replies.size], [3, 1]);
});

test("an edited message stands beside the old one", async () => {
  const { server, branch, session } = begin();
  await session.send("one");
  await session.send("two");
  await session.edit(branch.messages[2], "two, but better");
  assert.deepEqual(shown(branch), ["one", "answer to one", "two, but better", "answer to two, but better"]);
  assert.equal(questions(server)[2].parent_id, branch.messages[1].id);
  assert.equal(branch.messages[2].siblings.length, 2);
});

test("another answer takes the place of what was shown", async () => {
  const { server, branch, session } = begin();
  await session.send("one");
  await session.send("two");
  await session.answerAgain(branch.messages[1], "gpt-4.1");
  assert.deepEqual(shown(branch), ["one", "answer to one"]);
  assert.deepEqual(questions(server)[2], { answer_to: branch.messages[0].id, model: "gpt-4.1" });
  assert.equal(branch.messages[1].siblings.length, 2);
});

test("a retry asks for another answer and repeats no question", async () => {
  const { server, branch, session } = begin();
  server.fails = 1;
  await session.send("Hello");
  assert.deepEqual(looks(branch), ["failed"]);
  await session.retry(branch.last);
  assert.deepEqual(shown(branch), ["Hello", "answer to Hello"]);
  assert.deepEqual(questions(server)[1], { answer_to: branch.messages[0].id });
});

test("what was refused is asked anew, with the model that is chosen then", async () => {
  let model = "retired";
  const { server, branch, session } = begin({ chosenModel: () => model });
  server.refuses = new AnswerError({ reason: "It is retired.", code: "model_retired" });
  await session.send("Hello");
  assert.deepEqual([looks(branch), branch.last.problem.reason], [["failed"], "It is retired."]);
  [server.refuses, model] = [null, "gpt-4o"];
  await session.retry(branch.last);
  assert.deepEqual(shown(branch), ["Hello", "answer to Hello"]);
  assert.equal(server.questions[1].model, "gpt-4o");
  assert.notEqual(server.questions[1].client_id, server.questions[0].client_id);
});

test("what may have reached the server is retried as the same question", async () => {
  let minutes = 0;
  const { server, branch, session } = begin({ now: () => 60_000 * minutes++ });
  server.losesAnswers = 1;
  await session.send("Hello");
  assert.deepEqual([branch.last.state, branch.last.problem.code], ["unsent", "unreachable"]);
  await session.retry(branch.last);
  assert.deepEqual(shown(branch), ["Hello", "answer to Hello"]);
  assert.equal(server.replies.size, 1);
});

test("stop takes back what has not gone out", async () => {
  const { server, branch, session, told } = begin();
  server.create = () => new Promise(() => {});
  const sent = session.send("one");
  session.stop();
  await sent;
  assert.deepEqual([shown(branch), session.running, server.questions.length], [[], false, 0]);
  assert.deepEqual(told, ["sending one", "taken back one"]);
});

test("stop reaches an answer that has no id yet, as soon as it has one", async () => {
  const { server, branch, session, told } = begin();
  server.keep("c1", [{ text: "Hi" }, { text: "Hello" }]);
  await session.open("c1");
  server.waits = true;
  const ask = server.ask.bind(server);
  let arrive;
  server.ask = async (...asked) => {
    await new Promise((resolve) => {
      arrive = resolve;
    });
    return ask(...asked);
  };
  const sent = session.send("two");
  await server.idle();
  session.stop();
  assert.equal(branch.last.stopping, true);
  arrive();
  await sent;
  assert.deepEqual([looks(branch), session.running], [["done", "stopped"], false]);
  assert.deepEqual(told, ["sending two", "sending two to c1", "stopped two", "arrived two"]);
});

test("what may have come before it was tried again is not taken back", async () => {
  let minutes = 0;
  const { server, branch, session } = begin({ now: () => 60_000 * minutes++ });
  server.losesAnswers = 1;
  server.waits = true;
  await session.send("Hello");
  const retried = session.retry(branch.last);
  session.stop();
  await retried;
  assert.deepEqual([looks(branch), server.replies.size], [["stopped"], 1]);
});

test("one can stop again where the server could not be told", async () => {
  const { server, branch, session } = begin();
  server.waits = true;
  const sent = session.send("one");
  await server.idle();
  const stop = server.stop.bind(server);
  server.stop = () => Promise.reject(new AnswerError({ reason: "No.", code: "unknown" }));
  session.stop();
  await server.idle();
  assert.equal(branch.last.stopping, false);
  server.stop = stop;
  session.stop();
  await sent;
  assert.deepEqual(looks(branch), ["stopped"]);
});

test("nothing reaches the server any more once it is given up, in whatever chat", async () => {
  const { server, session, told } = begin();
  let make;
  server.create = () =>
    new Promise((resolve) => {
      make = resolve;
    });
  const sent = session.send("one");
  session.beginAnew();
  session.giveUp();
  make({ id: "c1", title: "", system: null });
  await sent;
  assert.deepEqual([server.questions, told], [[], ["sending one"]]);
});

test("a question that an earlier page was sending is sent again when its conversation opens", async () => {
  const again = { message: "three", parent_id: "k2", client_id: "x", model: "old" };
  const { server, branch, session } = begin({ chosenModel: () => "new", again });
  server.keep("c1", [{ text: "one" }, { text: "two" }]);
  await session.open("c1");
  assert.equal(await session.send("four"), false);
  await server.idle();
  assert.deepEqual([server.questions, shown(branch)], [[again], ["one", "two", "three", "answer to three"]]);
});

test("a question that was sent before is the same one, wherever the conversation goes on", async () => {
  const { server, branch, session } = begin({ chosenModel: () => "new" });
  server.keep("c1", [{ text: "one" }, { text: "two" }, { text: "three" }, { text: "four" }]);
  await session.open("c1");
  const known = { message: "late", parent_id: "k2", client_id: "x" };
  await session.send("late", known);
  assert.deepEqual([server.questions, shown(branch)], [[known], ["one", "two", "late", "answer to late"]]);
});

test("what cannot be loaded stays what is meant by the next message", async () => {
  const { server, branch, session } = begin();
  server.keep("c1", [{ text: "one" }, { text: "two" }]);
  const show = server.show.bind(server);
  server.show = () => Promise.reject(AnswerError.unreachable());
  await assert.rejects(session.open("c1"));
  await assert.rejects(session.send("three"));
  assert.deepEqual([server.made, server.questions], [[], []]);
  server.show = show;
  await session.send("three");
  assert.deepEqual(shown(branch), ["one", "two", "three", "answer to three"]);
});

test("a message is not sent into the new chat that is begun while its conversation opens", async () => {
  const { server, session } = begin();
  server.keep("c1", [{ text: "one" }, { text: "two" }]);
  const opening = session.open("c1").catch(() => {});
  const sent = session.send("three");
  session.beginAnew();
  assert.equal(await sent, false);
  await opening;
  assert.deepEqual([server.made, server.questions], [[], []]);
});

test("a message for a conversation that cannot be loaded is not sent into the one that is still shown", async () => {
  const { server, session } = begin();
  server.keep("c1", [{ text: "one" }, { text: "two" }]);
  await session.open("c1");
  server.show = () => Promise.reject(AnswerError.unreachable());
  const opening = session.open("c2").catch(() => {});
  assert.equal(await session.send("three"), false);
  await opening;
  assert.deepEqual(server.questions, []);
});

test("all who wait for a conversation that is loaded at the second try have it", async () => {
  const { server, session } = begin();
  server.keep("c1", [{ text: "one" }, { text: "two" }]);
  const show = server.show.bind(server);
  server.show = () => {
    server.show = show;
    return Promise.reject(AnswerError.unreachable());
  };
  const opening = session.open("c1").catch(() => {});
  assert.deepEqual(await Promise.all([session.ready(), session.ready()]), [true, true]);
  await opening;
});

test("one hears of a refusal also where one has gone on", async () => {
  const { server, session, told } = begin();
  server.refuses = new AnswerError({ reason: "Too fast.", code: "rate_limited" });
  const sent = session.send("one");
  session.beginAnew();
  await sent;
  assert.deepEqual(told.slice(-1), ["unsent one: Too fast., left"]);
});

test("one answer is made at a time", async () => {
  const { server, branch, session } = begin();
  server.waits = true;
  const sent = session.send("one");
  await session.send("two");
  assert.deepEqual(shown(branch), ["one", ""]);
  session.stop();
  await sent;
});

/** Whether the browser says that it has a network. */
function setOnline(t, value) {
  Object.defineProperty(navigator, "onLine", { value, configurable: true });
  t.after(() => delete navigator.onLine);
}

// Whether there is a network when it is asked, and after each try that fails.
for (const { fails, network, code = "unreachable", isTakenBack = false } of [
  { fails: "with a network", network: [true, true] },
  { fails: "without a network", network: [false, false], isTakenBack: true },
  { fails: "while the network is lost", network: [true, false] },
  { fails: "while the network comes back", network: [false, true] },
  { fails: "while the network is lost, and again without it", network: [true, false, false] },
  { fails: "at a proxy", network: [false, false], code: "http_503" },
]) {
  for (const stopsAt of ["during that", "after that"]) {
    const does = isTakenBack ? "takes it back" : "waits until its answer can be stopped";
    test(`a question fails ${fails}: Stop ${stopsAt} ${does}`, async (t) => {
      const { server, session } = begin();
      const ask = server.ask.bind(server);
      const failed = Promise.withResolvers();
      const states = [...network];
      setOnline(t, states.shift());
      server.waits = true;
      server.ask = async (...all) => {
        if (states.length === 0) return ask(...all);
        await null;
        setOnline(t, states.shift());
        if (states.length === 0) failed.resolve();
        if (states.length === 0 && stopsAt === "during that") session.stop();
        throw new AnswerError({ reason: "It failed.", code });
      };
      const sent = session.send("one");
      await failed.promise;
      for (let step = 0; step < 10; step += 1) await null;
      if (stopsAt === "after that") session.stop();
      await sent;
      assert.deepEqual([server.questions.length, server.stopped.length], isTakenBack ? [0, 0] : [1, 1]);
    });
  }
}

for (const { onLine, lost } of [
  { onLine: true, lost: 0 },
  // A server on the same machine answers all the same.
  { onLine: false, lost: 0 },
  { onLine: false, lost: 1 },
]) {
  const when = `${onLine ? "with" : "without"} a network, after ${lost} requests that did not go out`;
  test(`whenever it is stopped, a question is not asked, or its answer is stopped: ${when}`, async (t) => {
    setOnline(t, onLine);
    const ends = new Set();
    for (let steps = 0; steps < 60; steps += 1) {
      const { server, session } = begin();
      server.waits = true;
      server.losesQuestions = lost;
      const sent = session.send("one");
      for (let step = 0; step < steps; step += 1) await (step % 8 ? null : new Promise(setImmediate));
      session.stop();
      await sent;
      assert.equal(server.stopped.length, server.questions.length, `after ${steps} steps`);
      ends.add(server.questions.length);
    }
    assert.deepEqual([...ends].sort(), [0, 1]);
  });
}

test("a stop reaches the server also when its person has gone on before the question was there", async () => {
  const { server, session } = begin();
  server.keep("c1", [{ text: "q" }, { text: "a" }]);
  await session.open("c1");
  const { promise, resolve } = Promise.withResolvers();
  const ask = server.ask.bind(server);
  server.ask = async (...all) => {
    const reply = await ask(...all);
    await promise;
    return reply;
  };
  session.send("one");
  await server.idle();
  session.stop();
  session.beginAnew();
  resolve();
  await server.idle();
  assert.deepEqual(server.stopped, ["r1"]);
});

for (const [code, asked] of [
  ["http_500", 1],
  ["internal", 1],
  ["rate_limited", 2],
]) {
  test(`a question whose answer was lost is ${asked === 1 ? "the same" : "another"} one after ${code}`, async () => {
    const { server, branch, session } = begin();
    server.keep("c1", [{ text: "q" }, { text: "a" }]);
    await session.open("c1");
    const ask = server.ask.bind(server);
    let tries = 0;
    server.ask = async (...all) => {
      tries += 1;
      if (tries === 2) throw new AnswerError({ reason: "No.", code });
      return ask(...all);
    };
    server.losesAnswers = 1;
    await session.send("one");
    await session.retry(branch.last);
    assert.equal(server.replies.size, asked);
  });
}

test("a first question whose conversation could not be made is taken back on retry, too", async () => {
  const { server, branch, session, told } = begin({ now: () => performance.now() * 1e6 });
  const create = server.create.bind(server);
  server.create = async () => {
    throw AnswerError.unreachable();
  };
  await session.send("one");
  server.create = create;
  const tried = session.retry(branch.last);
  session.stop();
  await tried;
  assert.deepEqual([server.questions, told.at(-1)], [[], "taken back one"]);
});

test("an answer that has ended is not told again when its stop cannot reach the server", async () => {
  const { server, branch, session } = begin();
  server.stop = async () => {
    throw AnswerError.unreachable();
  };
  const states = [];
  branch.on("changed", ({ message }) => states.push([message.state, message.connected].join()));
  const sent = session.send("one");
  while (branch.last.id === null) await null;
  session.stop();
  await sent;
  await server.idle();
  assert.deepEqual(
    [branch.last.connected, states.filter((each) => each.startsWith("complete"))],
    [true, ["complete,true"]],
  );
});

test("listeners find the session idle when they hear of the end", async () => {
  const { branch, session } = begin();
  const running = [];
  branch.on("added", () => running.push(session.running));
  branch.on("changed", () => running.push(session.running));
  await session.send("Hello");
  assert.deepEqual(running, [true, true, false]);
});

test("an opened conversation goes on where its answer is", async () => {
  const { server, branch, session } = begin();
  server.keep("c1", [{ text: "Hello" }, { text: "answer", state: "running", whole: "answer to 👋" }]);
  await session.open("c1");
  assert.deepEqual([shown(branch), session.running], [["Hello", "answer"], true]);
  await server.idle();
  assert.deepEqual([shown(branch), looks(branch)], [["Hello", "answer to 👋"], ["done"]]);
});

test("a new chat in mid-answer leaves it to the server", async () => {
  const { server, branch, session } = begin();
  server.waits = true;
  const first = session.send("one");
  await server.idle();
  session.beginAnew();
  server.waits = false;
  await session.send("two");
  await first;
  assert.deepEqual([shown(branch), server.stopped], [["two", "answer to two"], []]);
});

test("a question is kept also when its writer has gone on", async () => {
  const { server, session } = begin();
  const sent = session.send("one");
  session.beginAnew();
  await sent;
  assert.equal(questions(server)[0].message, "one");
});

test("another branch is shown as the server has it", async () => {
  const { server, branch, session } = begin();
  await session.send("one");
  const changes = server.changes.length;
  await session.switchTo("m9");
  assert.deepEqual(server.changes.slice(changes), [{ leaf_id: "m9" }]);
  assert.equal(branch.conversation.id, "c1");
});

test("older messages come before the first", async () => {
  const { server, branch, session } = begin();
  server.keep("c1", [{ text: "three" }, { text: "four" }], [{ text: "one" }, { text: "two" }]);
  await session.open("c1");
  await Promise.all([session.loadOlder(), session.loadOlder()]);
  assert.deepEqual(shown(branch), ["one", "two", "three", "four"]);
  assert.equal(branch.before, null);
});

test("what has happened elsewhere is shown after a refresh", async () => {
  const { server, branch, session } = begin();
  server.keep("c1", [{ text: "one" }, { text: "two" }]);
  await session.open("c1");
  let opened = 0;
  branch.on("opened", () => {
    opened += 1;
  });
  await session.refresh();
  server.keep("c1", [{ text: "one" }, { text: "two" }, { text: "three" }, { text: "four" }]);
  await session.refresh();
  assert.deepEqual([shown(branch).length, opened], [4, 1]);
});

test("a message that is sent while a conversation opens belongs to it", async () => {
  const { server, session } = begin();
  server.keep("c1", [{ text: "one" }, { text: "two" }]);
  const opening = session.open("c1");
  await Promise.all([opening, session.send("three")]);
  assert.deepEqual([server.made, questions(server)[0].parent_id], [[], "k2"]);
});
