import { Requests } from "../api/requests.js";
import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { useParts } from "../views/part.js";
import { Widget } from "../views/widget.js";
import { LateMarkdown } from "./late_markdown.js";
import { markupIn } from "./markup.js";
import { warn } from "./owner.js";
import { settingsOf } from "./settings.js";
import { Visitor } from "./visitor.js";
import { WidgetApi } from "./widget_api.js";
import { WidgetMemory } from "./widget_memory.js";

const KEY_EVENTS = ["keydown", "keypress", "keyup"];

/**
 * Returns the custom element that is the widget: a shadow root that takes no styles of the site, and gives it none.
 *
 * @param {URL} script its address: the server is where it comes from
 * @param {typeof PARTS} parts
 */
export function widgetElement(script, { styles, markup, markdown, language, words }) {
  return class extends HTMLElement {
    static observedAttributes = ["data-title", "data-color", "data-position", "data-theme"];

    #root = document.createElement("div");
    /** @type {Widget | null} */
    #widget = null;

    connectedCallback() {
      if (this.#widget !== null) return;
      this.#build();
      const memory = new WidgetMemory(`chatapp-widget ${script.host} `);
      const visitor = new Visitor(script, memory, {
        onPassword: (isAgain) => this.#part.askPassword(isAgain),
        onLost: () => this.#part.lose(),
      });
      const api = new WidgetApi(new Requests((...request) => visitor.fetch(...request)), memory);
      const later = new LateMarkdown(async () => {
        const loaded = await import(new URL(markdown, script).href);
        if (words) loaded.speak(language, words);
        return loaded;
      });
      this.#widget = new Widget(this.#root, api, memory, (...place) => later.writerFor(...place));
      this.#show();
    }

    attributeChangedCallback() {
      this.#show();
    }

    get #part() {
      return /** @type {Widget} */ (this.#widget);
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
      useParts(this.#root);
      // Nothing of the site reaches in here, so this is what the visitor has set in the browser.
      this.#root.style.setProperty("--rem", getComputedStyle(this).fontSize);
      for (const type of KEY_EVENTS) {
        // To the site it would seem as if its own page were typed at: it may have shortcuts.
        listen(this.#root, type, (event) => event.stopPropagation());
      }
    }

    #show() {
      if (this.#widget === null) return;
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
      this.#widget.name(title);
    }
  };
}
