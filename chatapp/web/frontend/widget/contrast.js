const [BLACK, WHITE] = ["#000000", "#ffffff"];
/** What the WCAG ask for between text and what is behind it, at level AA. */
const ENOUGH = 4.5;

/**
 * Returns the colour of text that can be read on a colour; of black and white one always can.
 *
 * @param {string} color `#rgb` or `#rrggbb`
 */
export function textColorOn(color) {
  return contrast(color, WHITE) >= ENOUGH ? WHITE : BLACK;
}

/**
 * The ratio of contrast, from 1 to 21, as the WCAG define it.
 *
 * @param {string} one
 * @param {string} other
 */
export function contrast(one, other) {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** @param {string} color */
function luminance(color) {
  const digits = color.length === 4 ? color.replace(/[^#]/g, "$&$&") : color;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((place) =>
    linear(Number.parseInt(digits.slice(place, place + 2), 16) / 255),
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {number} part of a colour in sRGB, from 0 to 1 */
function linear(part) {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
