/** What the tests read and say is English, as on a page without another language: Node loads this before them. */

import { speak } from "../../chatapp/web/frontend/texts.js";
import ofChatPage from "../../chatapp/web/texts/en/chat_page.json" with { type: "json" };
import ofScripts from "../../chatapp/web/texts/en/scripts.json" with { type: "json" };

export const english = { ...ofScripts, ...ofChatPage };

speak("en", english);
