import { ChatPage } from "./views/chat_page.js";

new ChatPage().begin();
