import { Address } from "../../conversation/address.js";
import { listen } from "../../listen.js";
import { texts } from "../../texts.js";
import { confirmed } from "../dialogs/confirmation.js";
import { openHandoff } from "../dialogs/handoff.js";
import { Import } from "../dialogs/import.js";
import { Menu } from "../menu.js";
import { copyOf, part } from "../part.js";

/**
 * @typedef {import("../../api/visitor_api.js").VisitorApi} VisitorApi
 *
 * @typedef {object} DataActions
 * @property {() => void} onImported
 * @property {() => void} onForgotten
 * @property {(action: () => Promise<unknown>) => Promise<boolean>} guard tells if the action fails
 */

/** What can be done with everything at once: take it out, bring it in, take it along, delete it. */
export class DataMenu {
  #api;
  #actions;
  #file = /** @type {HTMLInputElement} */ (part(document, "[data-part=import-file]"));

  /**
   * @param {HTMLElement} button
   * @param {VisitorApi} api
   * @param {DataActions} actions
   */
  constructor(button, api, actions) {
    this.#api = api;
    this.#actions = actions;
    new Menu(button, () => this.#menu(), { alignsStart: true });
    listen(this.#file, "change", () => this.#import());
  }

  #menu() {
    const menu = copyOf("data-menu");
    listen(part(menu, "[data-action=import]"), "click", () => this.#file.click());
    listen(part(menu, "[data-action=handoff]"), "click", () => this.#handOver());
    listen(part(menu, "[data-action=forget]"), "click", () => this.#forget());
    return menu;
  }

  async #import() {
    const [file] = this.#file.files ?? [];
    // So that the same file can be chosen again.
    const chosen = file && new File([file], file.name);
    this.#file.value = "";
    if (!chosen) return;
    await new Import().bringIn(chosen);
    this.#actions.onImported();
  }

  async #handOver() {
    await this.#actions.guard(async () => {
      const { secret, expires_in_seconds: seconds } = await this.#api.handOver();
      openHandoff(new Address().linkFor(secret), seconds);
    });
  }

  async #forget() {
    const sure = await confirmed({
      title: texts.forgetTitle,
      text: texts.forgetText,
      action: texts.forget,
      isGrave: true,
    });
    if (sure && (await this.#actions.guard(() => this.#api.forgetMe()))) this.#actions.onForgotten();
  }
}
