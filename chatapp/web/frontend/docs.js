import SwaggerUI from "swagger-ui-dist/swagger-ui-bundle.js";
import { listen } from "./listen.js";
import { part } from "./views/part.js";

const element = part(document, "#swagger-ui");
const dark = matchMedia("(prefers-color-scheme: dark)");

function showScheme() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

showScheme();
listen(dark, "change", showScheme);
SwaggerUI({
  domNode: element,
  url: element.dataset.specification,
  deepLinking: true,
  // The badge of the public validator would load a picture from elsewhere.
  validatorUrl: null,
});
