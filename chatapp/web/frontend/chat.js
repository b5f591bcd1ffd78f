import { ConversationMemory } from "./conversation/conversation_memory.js";
import { ChatPanel } from "./views/chat_panel.js";
import { part } from "./views/part.js";

const root = part(document, "#main");
const models = /** @type {HTMLSelectElement} */ (part(root, "[data-part=model]"));

new ChatPanel(root, new ConversationMemory("chatapp.chat"), () => models.value).focus();
