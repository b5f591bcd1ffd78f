import { isAdmitted } from "./widget/admission.js";
import { speak, texts } from "./widget/first_texts.js";
import { complain } from "./widget/owner.js";
import { widgetElement } from "./widget/widget_element.js";

const NAME = "chatapp-widget";

/** @param {HTMLScriptElement} script */
async function begin({ src, dataset }) {
  if (!customElements.get(NAME)) customElements.define(NAME, widgetElement(new URL(src), PARTS));
  // One chat is enough where there are two tags; one that a single page application has thrown away comes back.
  if (isThere() || !(await isAdmitted(src)) || isThere()) return;
  const element = document.createElement(NAME);
  Object.assign(element.dataset, dataset);
  // Not in the body, which some sites replace on the way to their next page.
  document.documentElement.append(element);
}

function isThere() {
  return document.querySelector(NAME) !== null;
}

speak(PARTS.words);
const script = document.currentScript;
if (script instanceof HTMLScriptElement && script.src !== "") begin(script);
else complain(texts.widgetNeedsAddress);
