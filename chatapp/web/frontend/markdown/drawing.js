import { grammars } from "./code_grammars.js";
import { languageNamed } from "./languages.js";

/**
 * @typedef {import("./tree.js").Element} Shown
 * @typedef {(element: HTMLElement, text: string) => Promise<void>} Drawer
 */

const stylesOfFormulas = once(() => styled("mathematics"));

/**
 * What draws is large, so it is fetched when the first text comes that it is for.
 *
 * @type {Record<import("./tree.js").Drawing, Drawer>}
 */
const drawers = {
  code: async (element, text) => {
    const language = languageNamed(element.dataset.language ?? "");
    if (language === null) return;
    // The grammar is asked for now, or it would come one round trip later.
    const [{ drawCode }] = await Promise.all([import("./code_drawing.js"), grammars[language]()]);
    await drawCode(element, text, language, grammars);
  },
  formula: async (element, text) => {
    const [{ drawFormula }, isStyled] = await Promise.all([
      import("./formula_drawing.js"),
      stylesOfFormulas(),
    ]);
    drawFormula(element, text, isStyled);
  },
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
    await drawers[drawing](element, text);
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
