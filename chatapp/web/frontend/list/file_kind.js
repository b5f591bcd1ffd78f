const BEGINNING_BYTES = 1024;
const [ZIP, ARRAY] = ["PK\u0003\u0004", "["];

/**
 * Tells by its first signs as which type a file is imported; "zip" for one that must be unpacked before.
 *
 * @param {Blob} file
 */
export async function kindOf(file) {
  const beginning = await file.slice(0, BEGINNING_BYTES).text();
  if (beginning.startsWith(ZIP)) return "zip";
  return beginning.trimStart().startsWith(ARRAY) ? "application/json" : "application/x-ndjson";
}
