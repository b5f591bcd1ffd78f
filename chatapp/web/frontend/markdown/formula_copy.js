import { selectionAround } from "../selection_around.js";

/** @type {WeakSet<Node>} */
const places = new WeakSet();

/**
 * Has whatever is copied, in the page or the shadow root that an element is in, say each formula once, as it was written:
 * what is drawn says it twice, for the ear and for the eye, and neither can be read as text.
 *
 * @param {HTMLElement} element
 */
export function copyAsWritten(element) {
  const root = element.getRootNode();
  if (places.has(root)) return;
  places.add(root);
  root.addEventListener("copy", (event) => copy(/** @type {ClipboardEvent} */ (event), element));
}

/**
 * @param {ClipboardEvent} event
 * @param {HTMLElement} element
 */
function copy(event, element) {
  const selection = selectionAround(element);
  if (!event.clipboardData || event.defaultPrevented || isField(event.target)) return;
  if (selection?.rangeCount !== 1 || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  const around = range.commonAncestorContainer;
  const place = around instanceof Element ? around : around.parentElement;
  const formula = place?.closest(".formula");
  const copied = document.createElement("div");
  copied.className = "prose visually-hidden";
  copied.append(formula ? formula.cloneNode(true) : range.cloneContents());
  const formulas = /** @type {NodeListOf<HTMLElement>} */ (copied.querySelectorAll("[data-written]"));
  if (formulas.length === 0) return;
  for (const other of copied.querySelectorAll(".katex-html, button")) other.remove();
  event.clipboardData.setData("text/html", copied.innerHTML);
  for (const drawn of formulas) {
    drawn.textContent = drawn.dataset.written ?? "";
    drawn.style.whiteSpace = "pre";
  }
  event.clipboardData.setData("text/plain", textOf(copied, element));
  event.preventDefault();
}

/**
 * Fields have selections of their own.
 *
 * @param {EventTarget | null} target
 */
function isField(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

/**
 * Returns the text as it is laid out, with its lines and the columns of its tables.
 *
 * @param {HTMLElement} copied
 * @param {HTMLElement} element
 */
function textOf(copied, element) {
  const root = element.getRootNode();
  (root instanceof Document ? root.body : root).appendChild(copied);
  const text = copied.innerText;
  copied.remove();
  return text;
}
