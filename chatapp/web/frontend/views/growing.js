import { listen } from "../listen.js";

/**
 * Lets a box be as high as its text where the style sheet cannot (`field-sizing`); its greatest height still holds.
 * Returns what to call when a script has changed the text.
 *
 * @param {HTMLTextAreaElement} box
 */
export function growWithText(box) {
  if (CSS.supports("field-sizing", "content")) return () => {};
  const grow = () => {
    box.style.setProperty("block-size", "auto");
    const border = box.offsetHeight - box.clientHeight;
    box.style.setProperty("block-size", `${box.scrollHeight + border}px`);
  };
  listen(box, "input", grow);
  return grow;
}
