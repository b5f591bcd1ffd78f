import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerError } from "../../chatapp/web/frontend/answers/answer_error.js";
import { ChatSession } from "../../chatapp/web/frontend/conversation/chat_session.js";
import { Conversation } from "../../chatapp/web/frontend/conversation/conversation.js";

/** Answers by script: each step gets what the session passed on. */
class ScriptedClient {
  questions = [];

  constructor(...steps) {
    this.steps = steps;
  }

  ask(question, options) {
    this.questions.push(question);
    return this.steps.shift()(options);
  }
}

const say =
  (text) =>
  async ({ onText }) => {
    onText(text);
    return { finish_reason: "stop" };
  };

const fail = async () => {
  throw new AnswerError({ reason: "It broke.", code: "provider_failed" });
};

const wait = ({ signal, onText }) =>
  new Promise((_, reject) => {
    onText("half");
    signal.addEventListener("abort", () => reject(signal.reason));
  });

function begin(client, chosenModel) {
  const conversation = new Conversation();
  return { conversation, session: new ChatSession(client, conversation, chosenModel) };
}

const states = (conversation) => conversation.turns.map((turn) => turn.state);

test("a message becomes a turn with its answer", async () => {
  const { conversation, session } = begin(new ScriptedClient(say("Hi")));
  await session.send("Hello");
  const [turn] = conversation.turns;
  assert.deepEqual([turn.question, turn.text, turn.state], ["Hello", "Hi", "done"]);
});

test("the history goes along, and failed turns are left out", async () => {
  const client = new ScriptedClient(say("ONE"), fail, say("THREE"));
  const { session } = begin(client, () => "gpt-4o");
  for (const message of ["one", "two", "three"]) await session.send(message);
  assert.deepEqual(client.questions[2], {
    message: "three",
    messages: [
      { role: "user", content: "one" },
      { role: "assistant", content: "ONE" },
    ],
    model: "gpt-4o",
  });
});

test("a retry answers the same turn anew", async () => {
  const client = new ScriptedClient(fail, say("Hi"));
  const { conversation, session } = begin(client);
  await session.send("Hello");
  await session.retry(conversation.turns[0]);
  assert.deepEqual(states(conversation), ["done"]);
  assert.deepEqual(client.questions[1], { message: "Hello", messages: [], model: undefined });
});

test("stop keeps the text so far", async () => {
  const { conversation, session } = begin(new ScriptedClient(wait));
  const sent = session.send("Hello");
  session.stop();
  await sent;
  const [turn] = conversation.turns;
  assert.deepEqual([turn.state, turn.text, session.running], ["stopped", "half", false]);
});

test("one answer is made at a time", async () => {
  const { conversation, session } = begin(new ScriptedClient(wait));
  session.send("one");
  await session.send("two");
  await session.retry(conversation.turns[0]);
  assert.deepEqual(states(conversation), ["streaming"]);
});

test("listeners find the session idle when they hear of the end", async () => {
  const { conversation, session } = begin(new ScriptedClient(say("Hi")));
  const running = [];
  conversation.on("added", () => running.push(session.running));
  conversation.on("changed", () => running.push(session.running));
  await session.send("Hello");
  assert.deepEqual(running, [true, false]);
});

test("a new chat in mid-answer can be used at once", async () => {
  const { conversation, session } = begin(new ScriptedClient(wait, wait));
  const first = session.send("one");
  session.restart();
  session.send("two");
  await first;
  assert.deepEqual([states(conversation), session.running], [["streaming"], true]);
});

test("a bug is shown as a problem and not as an endless wait", async () => {
  const broken = async () => {
    throw new RangeError("bug");
  };
  const { conversation, session } = begin(new ScriptedClient(broken));
  await session.send("Hello");
  assert.equal(conversation.turns[0].problem.code, "unreadable");
});
