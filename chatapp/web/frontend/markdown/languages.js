/** The languages whose code is coloured, each with the other names that it goes by after a fence. */
const NAMES = {
  bash: "sh zsh",
  c: "h",
  cpp: "c++ cc cxx hpp",
  csharp: "cs c#",
  css: "",
  dart: "",
  diff: "patch",
  dockerfile: "docker containerfile",
  dos: "bat batch cmd",
  elixir: "ex exs",
  go: "golang",
  graphql: "gql",
  haskell: "hs",
  ini: "toml cfg conf properties",
  java: "",
  javascript: "js jsx mjs cjs node",
  json: "jsonc json5 jsonl",
  kotlin: "kt kts",
  latex: "tex",
  lua: "",
  makefile: "make mk",
  markdown: "md",
  nginx: "",
  perl: "pl",
  php: "",
  powershell: "ps1 pwsh ps",
  protobuf: "proto",
  python: "py python3",
  r: "",
  ruby: "rb",
  rust: "rs",
  scala: "",
  scss: "sass",
  shell: "console shell-session terminal",
  sql: "mysql postgres postgresql pgsql sqlite plsql tsql",
  swift: "",
  typescript: "ts tsx mts cts",
  xml: "html xhtml svg rss xsl vue svelte",
  yaml: "yml",
};

/** @typedef {keyof typeof NAMES} Language */

export const LANGUAGES = /** @type {Language[]} */ (Object.keys(NAMES));

const BY_NAME = new Map(
  LANGUAGES.flatMap((language) =>
    [language, ...NAMES[language].split(" ")].map((name) => /** @type {const} */ ([name, language])),
  ),
);

/**
 * Returns the language that somebody calls so, or null if it is none of those that are coloured.
 *
 * @param {string} name
 */
export function languageNamed(name) {
  return (name && BY_NAME.get(name.toLowerCase())) || null;
}
