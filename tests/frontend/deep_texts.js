/** What is nested deeper than anybody means it, by kind: each makes such a text, and has an "x" where it is deepest. */
export const deepTexts = {
  quotes: (depth) => `${">".repeat(depth)} x`,
  "quotes with gaps": (depth) => `${"> ".repeat(depth)}x`,
  stars: (depth) => `${"*".repeat(depth)}x${"*".repeat(depth)}`,
  underscores: (depth) => `${"_".repeat(depth)}x${"_".repeat(depth)}`,
  "stars and underscores": (depth) => `${"*_".repeat(depth)}x${"_*".repeat(depth)}`,
  tildes: (depth) => `${"~~*".repeat(depth)}x${"*~~".repeat(depth)}`,
  words: (depth) => `${"*a ".repeat(depth)}x${" b*".repeat(depth)}`,
  lists: (depth) => `${"- ".repeat(depth)}x`,
  numbers: (depth) => `${"1. ".repeat(depth)}x`,
  "quotes and lists": (depth) => `${"> - ".repeat(depth)}x`,
  links: (depth) => `${"[".repeat(depth)}x${"](https://ok.test)".repeat(depth)}`,
  images: (depth) => `${"![".repeat(depth)}x${"](https://ok.test)".repeat(depth)}`,
  brackets: (depth) => `${"[".repeat(depth)}x${"]".repeat(depth)}`,
};
