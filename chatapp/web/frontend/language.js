/** Which language is spoken, and how it writes numbers, money and times. Digits are those of codes and prices: 0 to 9. */

const ENGLISH = "en";
/** As the server writes them in its pages. @type {Readonly<Record<string, string>>} */
const FORMATS = { [ENGLISH]: "en-GB" };
const DIGITS = { numberingSystem: "latn" };

let language = ENGLISH;

/** @param {string} code */
export function switchLanguage(code) {
  language = code;
}

export function isEnglish() {
  return language === ENGLISH;
}

/**
 * The plural that a number takes: "one", "few", "other" and so on.
 *
 * @param {number} count
 */
export function pluralOf(count) {
  return new Intl.PluralRules(language).select(count);
}

/** @param {number} value */
export function number(value) {
  return format().format(value);
}

/**
 * A time to wait, in the unit that fits.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 120) return measured(Math.ceil(seconds), "second");
  if (seconds < 3600) return measured(Math.ceil(seconds / 60), "minute");
  return measured(Math.round(seconds / 3600), "hour");
}

/**
 * @param {number} value
 * @param {"second" | "minute" | "hour"} unit
 */
export function measured(value, unit) {
  return format({ style: "unit", unit, unitDisplay: "long" }).format(value);
}

/**
 * US dollars with as many places as they have, up to nine.
 *
 * @param {number} dollars
 */
export function money(dollars) {
  const parts = format({
    style: "currency",
    currency: "USD",
    minimumFractionDigits: dollars === 0 ? 0 : 2,
    maximumFractionDigits: 9,
  }).formatToParts(dollars);
  // Some languages would have "US$", which is wider and no clearer here.
  return parts.map(({ type, value }) => (type === "currency" ? "$" : value)).join("");
}

/** @param {Date} date a day, in UTC */
export function day(date) {
  return date.toLocaleDateString(locale(), {
    ...DIGITS,
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
}

/** @param {Date} date */
export function timeOfDay(date) {
  return date.toLocaleTimeString(locale(), { ...DIGITS, hour: "2-digit", minute: "2-digit" });
}

/** @param {Intl.NumberFormatOptions} [options] */
function format(options) {
  return new Intl.NumberFormat(locale(), { ...DIGITS, ...options });
}

function locale() {
  return FORMATS[language] ?? language;
}
