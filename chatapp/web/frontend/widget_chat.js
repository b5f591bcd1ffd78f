import { ChatApi } from "./api/chat_api.js";
import { Requests } from "./api/requests.js";
import { speak } from "./texts.js";
import { useParts } from "./views/part.js";
import { WidgetChat } from "./views/widget_chat.js";
import { LateMarkdown } from "./widget/late_markdown.js";
import { Visitor } from "./widget/visitor.js";
import { WidgetMemory } from "./widget/widget_memory.js";

/**
 * Begins the chat in the widget's markup. What it needs for plain text is here; the rest comes meanwhile.
 *
 * @param {HTMLElement} root
 * @param {URL} server an address there
 * @param {Pick<typeof PARTS, "language" | "words" | "problems" | "markdownStyles">} parts
 */
export function beginChat(root, server, { language, words, problems, markdownStyles }) {
  speak(language, words);
  useParts(root);
  if (problems !== "") learnProblems(new URL(problems, server), language, words);
  const memory = new WidgetMemory(`chatapp-widget ${server.host} `);
  const visitor = new Visitor(server, memory, (isAgain) => chat.askPassword(isAgain));
  const api = new ChatApi(new Requests((...request) => visitor.fetch(...request)));
  const markdown = new LateMarkdown(async () => {
    const [writer] = await Promise.all([
      import("./markdown/markdown_writer.js"),
      dress(root, new URL(markdownStyles, server)),
    ]);
    return writer;
  });
  /** @type {WidgetChat} */
  const chat = new WidgetChat(root, api, memory, (...place) => markdown.writerFor(...place));
}

/**
 * Has problems told in the language of the chat; until then, and where that cannot be had, the server's own words do.
 *
 * @param {URL} address
 * @param {string} language
 * @param {typeof PARTS["words"]} words
 */
async function learnProblems(address, language, words) {
  const file = await import(address.href).catch(() => null);
  if (file !== null) speak(language, { ...words, problems: file.default });
}

/**
 * Adds a style sheet to those of the widget: not with an element, which the site's content policy might forbid.
 *
 * @param {HTMLElement} root
 * @param {URL} address
 */
async function dress(root, address) {
  const response = await fetch(address.href, { credentials: "omit" });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const sheet = await new CSSStyleSheet().replace(await response.text());
  /** @type {ShadowRoot} */ (root.getRootNode()).adoptedStyleSheets.push(sheet);
}
