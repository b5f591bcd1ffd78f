import { listen } from "../listen.js";
import { texts } from "../texts.js";
import { snippetOf } from "../widget/snippet.js";
import { copyText } from "./copying.js";
import { part } from "./part.js";

const WIDGET = "chatapp-widget";

/** The page that shows the widget: what is chosen in its form stands in the snippet, and in the widget itself. */
export class WidgetPage {
  #form = /** @type {HTMLFormElement} */ (part(document, "[data-part=form]"));
  #snippet = part(document, "[data-part=snippet]");
  #said = part(document, "[data-part=said]");
  #fields = ["title", "color"].map(
    (name) => /** @type {HTMLInputElement} */ (part(this.#form, `[name=${name}]`)),
  );

  constructor() {
    listen(this.#form, "input", () => this.#show());
    // The event comes before the fields are as they were.
    listen(this.#form, "reset", () => setTimeout(() => this.#show()));
    listen(this.#form, "submit", (event) => event.preventDefault());
    listen(part(document, "[data-action=copy]"), "click", () => this.#copy());
    // A browser may have filled in what was there before a reload.
    customElements.whenDefined(WIDGET).then(() => this.#show());
    this.#show();
  }

  get #settings() {
    // What is as usual is left out: so the title is in the language of each visitor.
    const [title = "", color = ""] = this.#fields.map(({ value, defaultValue }) =>
      value === defaultValue ? "" : value.trim(),
    );
    return { title, color, position: String(new FormData(this.#form).get("position")) };
  }

  #show() {
    const settings = this.#settings;
    this.#snippet.textContent = snippetOf(`${location.origin}/widget.js`, settings);
    this.#said.textContent = "";
    const widget = /** @type {HTMLElement | null} */ (document.querySelector(WIDGET));
    if (widget) Object.assign(widget.dataset, settings);
  }

  async #copy() {
    this.#said.textContent = (await copyText(this.#snippet.textContent ?? ""))
      ? texts.copied
      : texts.notCopied;
  }
}
