import { Requests } from "./api/requests.js";
import { speak } from "./texts.js";
import { useParts } from "./views/part.js";
import { WidgetChat } from "./views/widget_chat.js";
import { LateMarkdown } from "./widget/late_markdown.js";
import { Visitor } from "./widget/visitor.js";
import { WidgetApi } from "./widget/widget_api.js";
import { WidgetMemory } from "./widget/widget_memory.js";

/**
 * Begins the chat in the widget's markup.
 *
 * @param {HTMLElement} root
 * @param {URL} server an address there
 * @param {Pick<typeof PARTS, "language" | "words">} parts
 */
export function beginChat(root, server, { language, words }) {
  speak(language, words);
  useParts(root);
  const memory = new WidgetMemory(`chatapp-widget ${server.host} `);
  const visitor = new Visitor(server, memory, {
    onPassword: (isAgain) => chat.askPassword(isAgain),
    onLost: () => chat.lose(),
  });
  const api = new WidgetApi(new Requests((...request) => visitor.fetch(...request)), memory);
  const markdown = new LateMarkdown(() => import("./markdown/markdown_writer.js"));
  /** @type {WidgetChat} */
  const chat = new WidgetChat(root, api, memory, (...place) => markdown.writerFor(...place));
}
