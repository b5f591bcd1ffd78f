import { AnswerError } from "./answers/answer_error.js";
import { Requests } from "./api/requests.js";
import { listen } from "./listen.js";
import { offerPreferences } from "./preferences.js";
import { texts } from "./texts.js";
import { speakAsThePage } from "./texts_of_the_page.js";
import { part } from "./views/part.js";

const form = /** @type {HTMLFormElement} */ (part(document, ".login__form"));
const input = /** @type {HTMLInputElement} */ (part(form, "input"));
const button = /** @type {HTMLButtonElement} */ (part(form, "button"));
const shownProblem = part(form, "[data-part=problem]");
const requests = new Requests();

async function logIn() {
  button.disabled = true;
  shownProblem.textContent = "";
  input.removeAttribute("aria-invalid");
  try {
    await requests.send("POST", "/api/login", { password: input.value });
    location.reload(); // the same address, with what stands behind its #
  } catch (error) {
    tell(error instanceof AnswerError ? error : AnswerError.unreadable());
    button.disabled = false;
  }
}

/** @param {AnswerError} error */
function tell({ problem }) {
  const isWrong = problem.code === "unauthorized";
  const wait = problem.retryAfterSeconds === null ? "" : ` ${texts.retryIn(problem.retryAfterSeconds)}`;
  shownProblem.textContent = (isWrong ? texts.wrongPassword : problem.reason) + wait;
  if (isWrong) {
    input.setAttribute("aria-invalid", "true");
    input.select();
  }
  input.focus();
}

await speakAsThePage();
offerPreferences();
listen(form, "submit", (event) => {
  event.preventDefault();
  logIn();
});
