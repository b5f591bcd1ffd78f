/**
 * @typedef {object} Allowance
 * @property {number | null} usedPercent null where it is the budget of everybody
 * @property {Date} returnsAt
 */

const STEP_PERCENT = 5;

/**
 * Reads what the server says of a budget most of which is used up; null where it says nothing that makes sense.
 *
 * @param {any} told what stands behind `allowance`
 * @returns {Allowance | null}
 */
export function allowanceOf(told) {
  const returnsAt = new Date(typeof told?.returns_at === "string" ? told.returns_at : Number.NaN);
  if (Number.isNaN(returnsAt.getTime())) return null;
  if (told.of === "everybody") return { usedPercent: null, returnsAt };
  if (told.of !== "visitor" || !Number.isFinite(told.used_percent)) return null;
  return { usedPercent: Math.floor(told.used_percent), returnsAt };
}

/**
 * A name for what a person has been told: it changes with the day, and with each further 5 percent.
 *
 * @param {Allowance} allowance
 */
export function stageOf({ usedPercent, returnsAt }) {
  const step = usedPercent === null ? "all" : Math.floor(usedPercent / STEP_PERCENT);
  return `${returnsAt.toISOString()} ${step}`;
}
