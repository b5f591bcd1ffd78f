const SCHEMES = ["http:", "https:", "mailto:"];

/**
 * Returns the address of a link if it may be followed: anything that could run as a script is no link.
 *
 * @param {string} href
 */
export function safeAddress(href) {
  try {
    const { protocol, href: whole } = new URL(href);
    return SCHEMES.includes(protocol) ? whole : null;
  } catch {
    return null; // of our own pages, no model knows the addresses
  }
}
