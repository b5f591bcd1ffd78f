import { openOffline } from "./app_shell/registration.js";
import { offerPreferences } from "./preferences.js";
import { speakAsThePage } from "./texts_of_the_page.js";
import { ChatPage } from "./views/chat_page.js";

/** For whoever wants to see how this page shows a text, whoever wrote it: the tests do. */
export { MarkdownWriter } from "./markdown/markdown_writer.js";

await Promise.all([speakAsThePage(), painted()]);
offerPreferences();
new ChatPage().begin();
openOffline();

/** One may read and write what the server has sent before the rest begins; what is not seen is not painted. */
function painted() {
  if (document.hidden) return;
  return new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
}
