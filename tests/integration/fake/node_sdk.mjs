// What an ordinary program in JavaScript does with the official SDK. It finds its server by OPENAI_BASE_URL alone, plays
// the scene that is named on the command line, and prints as JSON what it has seen.

import OpenAI, { APIError, APIUserAbortError } from "openai";

// Else it tells the terminal of each chunk that it cannot read.
const client = new OpenAI({ logLevel: "off" });

const ask = (text, more = {}, options = {}) =>
  client.chat.completions.create(
    { model: "gpt-4o-mini", messages: [{ role: "user", content: text }], ...more },
    options,
  );

const stream = (text, more = {}) => ask(text, { stream: true, ...more });

const scenes = {
  async answers() {
    const whole = await ask("whole");
    const chunks = [];
    for await (const chunk of await stream("stream", { stream_options: { include_usage: true } }))
      chunks.push(chunk);
    const runner = client.chat.completions.stream({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: "helper" }],
    });
    const deltas = [];
    runner.on("content", (delta) => deltas.push(delta));
    const { data, response, request_id } = await ask("raw").withResponse();
    return {
      whole: [
        whole.choices[0].message.content,
        whole.choices[0].finish_reason,
        whole.usage.completion_tokens,
      ],
      texts: chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta.content ?? null)),
      usage: chunks.at(-1).usage.total_tokens,
      helper: [await runner.finalContent(), deltas.join("")],
      raw: [data.choices[0].message.content, request_id, response.headers.get("openai-version")],
      models: (await client.models.list()).data.map((model) => model.id),
    };
  },

  // Each of the given statuses is the text of a question, and what the SDK throws is returned.
  async errors(statuses) {
    const seen = {};
    for (const status of statuses) {
      const error = await ask(status, {}, { maxRetries: 0 }).catch((reason) => reason);
      seen[status] = [
        error.constructor.name,
        error instanceof APIError,
        error.status,
        error.code,
        error.requestID,
      ];
    }
    return seen;
  },

  async retries(statuses) {
    const outcome = (answer) => answer.choices[0].message.content;
    const patience = (status) => (status === "slow" ? { timeout: 500 } : {});
    const answers = await Promise.all(
      statuses.map((status) =>
        ask(status, {}, patience(status)).then(outcome, (error) => error.constructor.name),
      ),
    );
    return Object.fromEntries(statuses.map((status, place) => [status, answers[place]]));
  },

  async broken(faults) {
    const seen = {};
    for (const fault of faults) {
      let text = "";
      try {
        for await (const chunk of await stream(fault)) text += chunk.choices[0].delta.content ?? "";
        seen[fault] = [text, null];
      } catch (error) {
        seen[fault] = [text, error.constructor.name];
      }
    }
    return seen;
  },

  async leaving() {
    const seen = [];
    for (const leave of ["break", "abort", "signal"]) {
      const signal = new AbortController();
      const answer = await ask(leave, { stream: true }, { signal: signal.signal });
      let text = "";
      try {
        for await (const chunk of answer) {
          text += chunk.choices[0].delta.content ?? "";
          if (text !== "one two ") continue;
          if (leave === "break") break;
          if (leave === "abort") answer.controller.abort();
          else signal.abort();
        }
        seen.push([text, "ended"]);
      } catch (error) {
        seen.push([text, error instanceof APIUserAbortError ? "aborted" : error.constructor.name]);
      }
    }
    return seen;
  },
};

const [name, ...words] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await scenes[name](words)));
