import hljs from "@highlightjs/cdn-assets/es/core.min.js";
import { grammars } from "./code_grammars.js";
import { keepingSelection } from "./selection.js";

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

  /** @param {NodeEmitter} inner what was found in a part that is in another language */
  __addSublanguage(inner) {
    this.#top.append(inner.nodes);
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
for (const [name, grammar] of Object.entries(grammars)) highlighter.registerLanguage(name, grammar);

/**
 * Colours code that is whole. Its text stays the same, and what is selected in it stays selected.
 *
 * @param {HTMLElement} element
 * @param {string} text
 * @param {string} language
 */
export function drawCode(element, text, language) {
  if (text.length > LONGEST_CHARACTERS) return;
  const { nodes } = highlighter.highlight(text, { language, ignoreIllegals: true })._emitter;
  if (nodes.textContent === text) keepingSelection(element, () => element.replaceChildren(nodes));
}
