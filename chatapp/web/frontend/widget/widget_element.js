import { listen } from "../listen.js";
import { WidgetWindow } from "../views/widget_window.js";
import { texts } from "./first_texts.js";
import { markupIn } from "./markup.js";
import { warn } from "./owner.js";
import { settingsOf } from "./settings.js";

const KEY_EVENTS = ["keydown", "keypress", "keyup"];

/** @typedef {typeof import("../widget_chat.js")} Chat */

/**
 * Returns the custom element that is the widget: a shadow root that takes no styles of the site, and gives it none.
 *
 * @param {URL} script its address: the server is where it comes from
 * @param {typeof PARTS} parts
 */
export function widgetElement(script, parts) {
  const { styles, markup, chat, language } = parts;
  return class extends HTMLElement {
    static observedAttributes = ["data-title", "data-color", "data-position", "data-theme"];

    #root = document.createElement("div");
    /** @type {WidgetWindow | null} */
    #window = null;
    /** @type {Promise<Chat> | null} */
    #chat = null;
    #hasBegun = false;

    connectedCallback() {
      if (this.#window !== null) return;
      this.#build();
      this.#window = new WidgetWindow(this.#root, {
        // Whether that works, whoever opens it hears.
        onNear: () => void this.#load().catch(() => {}),
        onOpen: () => this.#begin(),
      });
      this.#show();
    }

    attributeChangedCallback() {
      this.#show();
    }

    #load() {
      this.#chat ??= import(new URL(chat, script).href).catch((error) => {
        // Whoever opens it again tries again.
        this.#chat = null;
        throw error;
      });
      return /** @type {Promise<Chat>} */ (this.#chat);
    }

    async #begin() {
      const { beginChat } = await this.#load();
      if (this.#hasBegun) return;
      beginChat(this.#root, script, parts);
      this.#hasBegun = true;
    }

    #build() {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
      const shadow = this.attachShadow({ mode: "open" });
      shadow.adoptedStyleSheets = [sheet];
      this.#root.className = "embed";
      this.#root.lang = language;
      this.#root.dir = texts.direction;
      this.#root.append(markupIn(markup));
      shadow.append(this.#root);
      // Nothing of the site reaches in here, so this is what the visitor has set in the browser.
      this.#root.style.setProperty("--rem", getComputedStyle(this).fontSize);
      for (const type of KEY_EVENTS) {
        // To the site it would seem as if its own page were typed at: it may have shortcuts.
        listen(this.#root, type, (event) => event.stopPropagation());
      }
    }

    #show() {
      if (this.#window === null) return;
      const { title, colors, position, theme } = settingsOf(this.dataset, warn);
      const { style, dataset } = this.#root;
      dataset.position = position;
      dataset.theme = theme;
      for (const [name, value] of [
        ["--sea", colors?.ground],
        ["--on-accent", colors?.text],
      ]) {
        if (value) style.setProperty(/** @type {string} */ (name), value);
        else style.removeProperty(/** @type {string} */ (name));
      }
      this.#window.name(title);
    }
  };
}
