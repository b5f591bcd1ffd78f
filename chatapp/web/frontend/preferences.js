import { listen } from "./listen.js";
import { findPart } from "./views/part.js";

/** Lets the choice of language and look keep the page where it is: an answer, an address with its “#”. */
export function offerPreferences() {
  const menu = findPart(document, "[data-part=preferences]");
  if (menu !== null) listen(menu, "click", choose);
}

/** @param {MouseEvent} event */
async function choose(event) {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const kept = await fetch(link.href, { redirect: "manual" }).catch(() => null);
  if (kept === null) return;
  const theme = new URL(link.href).searchParams.get("theme");
  if (theme === null) location.reload();
  else showTheme(link, theme);
}

/**
 * @param {HTMLElement} link
 * @param {string} theme
 */
function showTheme(link, theme) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll(":root, chatapp-widget")
  )) {
    if (theme === "system") delete element.dataset.theme;
    else element.dataset.theme = theme;
  }
  findPart(document, "meta[name=color-scheme]")?.setAttribute(
    "content",
    theme === "system" ? "light dark" : theme,
  );
  for (const other of document.querySelectorAll("[data-preference=theme] a"))
    other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
}
