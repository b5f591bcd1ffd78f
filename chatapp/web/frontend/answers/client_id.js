const BYTES = 16;

/**
 * Returns a new name for a question, by which the server knows it again when it is sent twice.
 *
 * @param {Pick<Crypto, "getRandomValues"> & Partial<Crypto>} [source] plain http has no `randomUUID`
 */
export function newClientId(source = crypto) {
  if (source.randomUUID) return source.randomUUID();
  const bytes = source.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
