import { languageNamed } from "./languages.js";

/**
 * @typedef {import("./tree.js").Element} Shown
 * @typedef {(element: HTMLElement, text: string) => void} Drawer
 */

/** What draws is large, so it is fetched when the first text comes that it is for. */
const drawers = {
  code: once(async () => {
    const { drawCode } = await import("./code_drawing.js");
    return (/** @type {HTMLElement} */ element, /** @type {string} */ text) =>
      drawCode(element, text, languageNamed(element.dataset.language ?? "") ?? "");
  }),
  formula: once(async () => {
    const [{ drawFormula }, isStyled] = await Promise.all([
      import("./formula_drawing.js"),
      styled("mathematics"),
    ]);
    return (/** @type {HTMLElement} */ element, /** @type {string} */ text) =>
      drawFormula(element, text, isStyled);
  }),
};

/**
 * Draws an element from its text; returns whether it could.
 *
 * @param {HTMLElement} element
 * @param {Shown} shown
 * @returns {Promise<boolean>}
 */
export async function draw(element, { drawing, children: [text] }) {
  if (!drawing || typeof text !== "string") return false;
  try {
    const drawer = await drawers[drawing]();
    drawer(element, text);
    return true;
  } catch {
    return false; // cannot be fetched, or makes no sense: the text stays, and says the same
  }
}

/**
 * @template Result
 * @param {() => Promise<Result>} get
 */
function once(get) {
  /** @type {Promise<Result> | undefined} */
  let result;
  return () => {
    result ??= get();
    return result;
  };
}

/**
 * Waits for a style sheet that the page names but has not asked for yet; returns whether it names one.
 *
 * @param {string} name
 * @returns {Promise<boolean>}
 */
async function styled(name) {
  const link = document.querySelector(`link[data-styles=${name}]`);
  if (!(link instanceof HTMLLinkElement)) return false;
  return new Promise((resolve, reject) => {
    link.addEventListener("load", () => resolve(true), { once: true });
    link.addEventListener("error", reject, { once: true });
    link.disabled = false;
  });
}
