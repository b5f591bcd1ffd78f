import { listen } from "./listen.js";
import { offerPreferences } from "./preferences.js";

offerPreferences();

// The links need no script. Any other days do, as our pages may send no forms.
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-part=days]"));

if (form !== null) {
  form.hidden = false;
  listen(form, "submit", (event) => {
    event.preventDefault();
    const chosen = [...new FormData(form)].map(([name, value]) => [name, String(value)]);
    location.assign(`/usage?${new URLSearchParams(chosen)}`);
  });
}
