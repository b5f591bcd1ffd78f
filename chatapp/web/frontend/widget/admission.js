import { filled, texts } from "./first_texts.js";
import { complain } from "./owner.js";

/**
 * Asks whether this site may use the chat, and tells its owner if not.
 *
 * @param {string} server an address there
 */
export async function isAdmitted(server) {
  const told = await ask(new URL("/api/widget", server));
  // Whether the server is there, a visitor hears when they ask something.
  if (told?.allowed !== false) return true;
  complain(filled(texts.siteNotAllowed, { origin: location.origin, setting: told.setting }));
  return false;
}

/**
 * @param {URL} address
 * @returns {Promise<{ allowed: boolean, setting: string } | null>}
 */
async function ask({ href }) {
  try {
    const response = await fetch(href, { credentials: "omit" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
