import ofChatPage from "../texts/en/chat_page.json" with { type: "json" };
import ofScripts from "../texts/en/scripts.json" with { type: "json" };
import { speak } from "./texts.js";

/** Speaks the language of the page, which names the file of its words; where that cannot be had, English. */
export async function speakAsThePage() {
  speak("en", { ...ofScripts, ...ofChatPage });
  const { lang, dataset } = document.documentElement;
  if (dataset.texts === undefined) return;
  const file = await import(dataset.texts).catch(() => null);
  if (file !== null) speak(lang, file.default);
}
