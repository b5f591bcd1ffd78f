import { AnswerClient } from "../answers/answer_client.js";
import { ChatSession } from "../conversation/chat_session.js";
import { Conversation } from "../conversation/conversation.js";
import { listen } from "../listen.js";
import { Composer } from "./composer.js";
import { part } from "./part.js";
import { StatusLine } from "./status_line.js";
import { Transcript } from "./transcript.js";

/**
 * @typedef {import("../conversation/conversation_memory.js").ConversationMemory} ConversationMemory
 * @typedef {import("../conversation/turn.js").Turn} Turn
 */

/** One whole chat inside `root`: the chat page has one, and so has the widget. */
export class ChatPanel {
  #session;
  #composer;
  #transcript;

  /**
   * @param {HTMLElement} root
   * @param {ConversationMemory} memory
   * @param {() => string | undefined} [chosenModel]
   */
  constructor(root, memory, chosenModel) {
    const conversation = new Conversation(memory.recall());
    this.#session = new ChatSession(new AnswerClient("/chat/stream"), conversation, chosenModel);
    this.#transcript = new Transcript(part(root, "[data-part=transcript]"), conversation, (turn) =>
      this.#retry(turn),
    );
    this.#composer = new Composer(/** @type {HTMLFormElement} */ (part(root, "[data-part=composer]")), {
      onSend: (message) => this.#session.send(message),
      onStop: () => this.#session.stop(),
    });
    new StatusLine(part(root, "[data-part=status]"), conversation);
    for (const change of /** @type {const} */ (["added", "changed", "cleared"])) {
      conversation.on(change, () => this.#composer.showRunning(this.#session.running));
    }
    memory.follow(conversation);
    listen(window, "pagehide", () => {
      // The browser breaks the answer off here anyway; that is no failure of the connection.
      this.#session.stop();
      memory.save(conversation);
    });
    listen(part(root, "[data-action=new-chat]"), "click", () => this.#beginAnew());
  }

  focus() {
    this.#composer.focus();
  }

  /** @param {Turn} turn */
  #retry(turn) {
    this.#session.retry(turn);
    // The button that had the focus is gone now, and the box would open a phone's keyboard.
    this.#transcript.focus();
  }

  #beginAnew() {
    this.#session.restart();
    this.#composer.focus();
  }
}
