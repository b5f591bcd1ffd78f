export { MarkdownWriter } from "./markdown/markdown_writer.js";
export { speak } from "./texts.js";
