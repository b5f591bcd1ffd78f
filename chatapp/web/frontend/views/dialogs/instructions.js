import { AnswerError } from "../../answers/answer_error.js";
import { listen } from "../../listen.js";
import { part } from "../part.js";
import { openDialog } from "./dialog.js";

/**
 * Shows what the model is told before everything else, to be changed.
 *
 * @param {string} instructions
 * @param {(instructions: string) => Promise<void>} save rejects with an AnswerError where it is refused
 */
export function openInstructions(instructions, save) {
  const dialog = openDialog("instructions");
  const input = /** @type {HTMLTextAreaElement} */ (part(dialog, "textarea"));
  const refusal = part(dialog, "[data-part=refusal]");
  input.value = instructions;
  listen(part(dialog, "[data-action=save]"), "click", async () => {
    refusal.textContent = "";
    try {
      await save(input.value.trim());
      dialog.close();
    } catch (error) {
      const { reason } = (error instanceof AnswerError ? error : AnswerError.unreadable()).problem;
      refusal.textContent = reason;
    }
  });
}
