const FENCE = /^ {0,3}(`{3,})/gm;
const LANGUAGE = /\.([a-z0-9]{1,10})$/i;
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

/**
 * The text of a file; null where it is no UTF-8, or a program's rather than a person's.
 *
 * @param {Blob} file
 */
export async function textOf(file) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return text.includes("\0") ? null : text.replaceAll("\r\n", "\n");
  } catch {
    return null;
  }
}

/**
 * A file as part of a message: its name, and what it holds between fences that nothing in it can close.
 *
 * @param {string} name
 * @param {string} text
 */
export function quoted(name, text) {
  const longest = Math.max(2, ...[...text.matchAll(FENCE)].map(([, marks = ""]) => marks.length));
  const fence = "`".repeat(longest + 1);
  const language = LANGUAGE.exec(name)?.[1]?.toLowerCase() ?? "";
  const ending = text === "" || text.endsWith("\n") ? "" : "\n";
  return `### ${name.replace(BREAKS, " ")}\n\n${fence}${language}\n${text}${ending}${fence}`;
}
