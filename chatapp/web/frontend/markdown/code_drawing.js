import hljs from "@highlightjs/cdn-assets/es/core.min.js";
import { keepingSelection } from "./selection.js";

/**
 * @typedef {import("./languages.js").Language} Language
 * @typedef {typeof import("./code_grammars.js").grammars} Grammars
 */

const LONGEST_CHARACTERS = 50_000;

/** What the parts of code are coloured as, by the first word of highlight.js's names for them. */
const KINDS = new Map(
  Object.entries({
    keyword: "keyword literal doctag template-tag selector-tag",
    string: "string regexp char link code",
    number: "number symbol bullet",
    comment: "comment quote",
    name: "title section name selector-class selector-id function class",
    type: "type built_in attr attribute variable template-variable property selector-attr selector-pseudo",
    meta: "meta",
    addition: "addition",
    deletion: "deletion",
  }).flatMap(([kind, scopes]) => scopes.split(" ").map((scope) => [scope, kind])),
);

/** Takes what highlight.js finds, and makes nodes of it. Its own emitter would write HTML. */
class NodeEmitter {
  nodes = document.createDocumentFragment();
  /** What parts of the code are in. @type {Set<Language>} */
  others = new Set();
  /** @type {ParentNode[]} */
  #open = [this.nodes];

  /** @param {string} text */
  addText(text) {
    this.#top.append(text);
  }

  /** @param {string} scope */
  openNode(scope) {
    const span = document.createElement("span");
    const kind = KINDS.get(scope.split(".")[0] ?? "");
    if (kind) span.className = `code__${kind}`;
    this.#top.append(span);
    this.#open.push(span);
  }

  closeNode() {
    if (this.#open.length > 1) this.#open.pop();
  }

  /** @param {string} scope */
  startScope(scope) {
    this.openNode(scope);
  }

  endScope() {
    this.closeNode();
  }

  /**
   * @param {NodeEmitter} inner what was found in a part that is in another language
   * @param {Language} name
   */
  __addSublanguage(inner, name) {
    this.#top.append(inner.nodes);
    this.others = new Set([...this.others, ...inner.others, name]);
  }

  finalize() {}

  toHTML() {
    return "";
  }

  get #top() {
    return /** @type {ParentNode} */ (this.#open.at(-1));
  }
}

/** @type {import("@highlightjs/cdn-assets/es/core.min.js").Highlighter<NodeEmitter>} */
const highlighter = hljs.newInstance();
highlighter.configure({ __emitter: NodeEmitter });
/** The languages whose grammars have come. @type {Set<Language>} */
const known = new Set();

/**
 * Colours code that is whole, also the parts of it that are in other languages. Its text stays the same, and what is
 * selected in it stays selected.
 *
 * @param {HTMLElement} element
 * @param {string} text
 * @param {Language} language
 * @param {Grammars} grammars
 */
export async function drawCode(element, text, language, grammars) {
  if (text.length > LONGEST_CHARACTERS) return;
  if (known.size === 0) knowNames(grammars);
  let unknown = [language];
  let found;
  do {
    await Promise.all(unknown.map((name) => learn(name, grammars)));
    found = highlighter.highlight(text, { language, ignoreIllegals: true })._emitter;
    unknown = [...found.others].filter((name) => !known.has(name));
  } while (unknown.length > 0);
  const { nodes } = found;
  if (nodes.textContent === text) keepingSelection(element, () => element.replaceChildren(nodes));
}

/**
 * Until its grammar comes, a language has nothing in it to be coloured; but we hear that some of it is there.
 *
 * @param {Grammars} grammars
 */
function knowNames(grammars) {
  for (const name of Object.keys(grammars)) highlighter.registerLanguage(name, () => ({}));
}

/**
 * @param {Language} language
 * @param {Grammars} grammars
 */
async function learn(language, grammars) {
  if (known.has(language)) return;
  const { default: grammar } = await grammars[language]();
  highlighter.registerLanguage(language, grammar);
  known.add(language);
}
