import { textColorOn } from "./contrast.js";
import { filled, texts } from "./first_texts.js";

/**
 * What a site says of its widget, in the attributes of the script tag.
 *
 * @typedef {object} WidgetSettings
 * @property {string} title "" for the usual one
 * @property {{ ground: string, text: string } | null} colors null for the usual ones
 * @property {"left" | "right"} position
 * @property {string} theme "light" or "dark"; "" for that of the visitor's device
 */

const LONGEST_TITLE = 80;
const COLOR = /^#(?:[\da-f]{3}|[\da-f]{6})$/i;

/**
 * @param {DOMStringMap | Record<string, string | undefined>} data
 * @param {(words: string) => void} warn told of what cannot be used
 * @returns {WidgetSettings}
 */
export function settingsOf({ title = "", color = "", position = "", theme = "" }, warn) {
  const [hue, side, look] = [color.trim(), position.trim().toLowerCase(), theme.trim().toLowerCase()];
  const isColor = COLOR.test(hue);
  if (hue !== "" && !isColor) warn(filled(texts.badColor, { color: hue }));
  if (!["", "left", "right"].includes(side)) warn(filled(texts.badPosition, { position: side }));
  const isLook = ["", "light", "dark"].includes(look);
  if (!isLook) warn(filled(texts.badTheme, { theme: look }));
  return {
    title: [...title.trim()].slice(0, LONGEST_TITLE).join(""),
    colors: isColor ? { ground: hue, text: textColorOn(hue) } : null,
    position: side === "left" ? "left" : "right",
    theme: isLook ? look : "",
  };
}
