import SwaggerUI from "swagger-ui-dist/swagger-ui-bundle.js";
import { listen } from "./listen.js";
import { offerPreferences } from "./preferences.js";
import { part } from "./views/part.js";

const element = part(document, "#swagger-ui");
const dark = matchMedia("(prefers-color-scheme: dark)");

function showScheme() {
  const { classList, dataset } = document.documentElement;
  classList.toggle("dark-mode", dataset.theme === undefined ? dark.matches : dataset.theme === "dark");
}

showScheme();
listen(dark, "change", showScheme);
new MutationObserver(showScheme).observe(document.documentElement, { attributeFilter: ["data-theme"] });
offerPreferences();
SwaggerUI({
  domNode: element,
  url: element.dataset.specification,
  deepLinking: true,
  // The badge of the public validator would load a picture from elsewhere.
  validatorUrl: null,
});
