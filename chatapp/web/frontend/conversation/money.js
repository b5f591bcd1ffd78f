import { money } from "../language.js";

const [NANO_DECIMALS, NANO_PER_USD] = [9, 1_000_000_000n];
const [CENT, LEAST_SHOWN] = [10_000_000n, 100_000n];
const DECIMAL = /^(\d+)(?:\.(\d{1,9}))?$/;

/**
 * Dollars as the server writes them, "0.000123456", in whole nano-dollars (1e-9 USD); null where that is no amount.
 * Numbers of JavaScript would lose digits.
 *
 * @param {unknown} usd
 */
export function nanoUsd(usd) {
  const found = typeof usd === "string" ? DECIMAL.exec(usd) : null;
  if (found === null) return null;
  return BigInt(/** @type {string} */ (found[1]) + (found[2] ?? "").padEnd(NANO_DECIMALS, "0"));
}

/**
 * An amount as people read it: two digits below a dollar, whole cents above, and never "$0.00" for something.
 *
 * @param {bigint} nano nano-dollars
 * @param {"near" | "up" | "down"} [round]
 */
export function dollars(nano, round = "near") {
  if (nano === 0n) return money(0);
  if (nano < LEAST_SHOWN && round === "near") return `<\u00a0${exactDollars(LEAST_SHOWN)}`;
  if (nano < LEAST_SHOWN && round === "up") return exactDollars(LEAST_SHOWN);
  return exactDollars(roundedTo(nano, nano >= NANO_PER_USD ? CENT : twoDigits(nano), round));
}

/**
 * An amount with all its digits, up to millions of dollars: more no answer costs.
 *
 * @param {bigint} nano nano-dollars
 */
export function exactDollars(nano) {
  return money(Number(nano) / Number(NANO_PER_USD));
}

/**
 * The unit of the second digit that is not a leading zero.
 *
 * @param {bigint} nano
 */
function twoDigits(nano) {
  return 10n ** BigInt(Math.max(0, String(nano).length - 2));
}

/**
 * @param {bigint} nano
 * @param {bigint} unit
 * @param {"near" | "up" | "down"} round
 */
function roundedTo(nano, unit, round) {
  const added = { near: unit / 2n, up: unit - 1n, down: 0n }[round];
  return ((nano + added) / unit) * unit;
}
