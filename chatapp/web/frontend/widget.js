import { speak, texts } from "./texts.js";
import { isAdmitted } from "./widget/admission.js";
import { complain } from "./widget/owner.js";
import { widgetElement } from "./widget/widget_element.js";

const NAME = "chatapp-widget";

/** @param {HTMLScriptElement} script */
async function begin({ src, dataset }) {
  // A second script tag, or one that a single page application runs again: one chat is enough.
  if (customElements.get(NAME)) return;
  customElements.define(NAME, widgetElement(new URL(src), PARTS));
  if (!(await isAdmitted(src))) return;
  const element = document.createElement(NAME);
  Object.assign(element.dataset, dataset);
  // Not in the body, which some sites replace on the way to their next page.
  document.documentElement.append(element);
}

speak(PARTS.language, PARTS.words);
const script = document.currentScript;
if (script instanceof HTMLScriptElement && script.src !== "") begin(script);
else complain(texts.widgetNeedsAddress);
