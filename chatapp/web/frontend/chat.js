import { openOffline } from "./app_shell/registration.js";
import { offerPreferences } from "./preferences.js";
import { speakAsThePage } from "./texts_of_the_page.js";
import { ChatPage } from "./views/chat_page.js";

/** For whoever wants to see how this page shows a text, whoever wrote it: the tests do. */
export { MarkdownWriter } from "./markdown/markdown_writer.js";

await speakAsThePage();
offerPreferences();
new ChatPage().begin();
openOffline();
