import { CallList } from "./call_list.js";
import { CallsFeed } from "./calls_feed.js";
import { CopyBox } from "./copy_box.js";
import { part } from "./part.js";
import { TotalsView } from "./totals_view.js";
import { words } from "./words.js";

/** @typedef {import("./calls_feed.js").News} News */

/** The whole page: what it hears from the server goes to the totals and to the list. */
class Page {
  #list = new CallList(part(document, "[data-part=list]"));
  #totals = new TotalsView(document.body, part(document, "[data-part=status]"));
  #lost = part(document, "[data-part=lost]");

  constructor() {
    const baseUrl = `${location.origin}/v1`;
    new CopyBox(part(document, "[data-part=setting]"), ["OPENAI_BASE_URL=", baseUrl]);
    new CopyBox(part(document, "[data-part=example]"), firstCall(baseUrl));
    new CallsFeed("/calls/events", {
      onEverything: (news) => {
        this.#list.replace(news.calls);
        this.#show(news);
      },
      onChanges: (news) => {
        this.#list.update(news.calls);
        this.#show(news);
      },
      onLost: () => this.#showLost(true),
    });
  }

  /** @param {News} news */
  #show({ totals }) {
    const older = part(document, "[data-part=older]");
    this.#showLost(false);
    this.#totals.show(totals);
    part(document, "[data-part=empty]").hidden = totals.calls > 0;
    part(document, "[data-part=calls]").hidden = totals.calls === 0;
    older.hidden = totals.calls <= this.#list.size;
    older.textContent = words.older(totals.calls - this.#list.size);
  }

  /** @param {boolean} isLost */
  #showLost(isLost) {
    this.#lost.hidden = !isLost;
    this.#lost.textContent = isLost ? words.lost : "";
  }
}

/** @param {string} baseUrl */
function firstCall(baseUrl) {
  const rest = [
    "/chat/completions",
    "-H 'Authorization: Bearer x'",
    "-H 'Content-Type: application/json'",
    `-d '{"model": "gpt-4o-mini", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}'`,
  ];
  return [`curl -N ${baseUrl}`, rest.join(" \\\n  ")];
}

new Page();
