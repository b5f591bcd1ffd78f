/**
 * Writes an answer into an element while it comes.
 *
 * @typedef {object} Writer
 * @property {(text: string) => void} write
 * @property {() => void} flush shows at once what still waits
 * @property {() => void} end shows all of it: nothing more is expected
 */

/**
 * What can be done with the messages that are shown.
 *
 * @typedef {import("../../conversation/chat_message.js").ChatMessage} ChatMessage
 * @typedef {object} MessageActions
 * @property {(answer: ChatMessage) => void} onRetry
 * @property {(answer: ChatMessage, model?: string) => void} onAgain
 * @property {(answer: ChatMessage) => void} onContinue
 * @property {(question: ChatMessage, text: string) => void} onEdit
 * @property {(siblingId: string) => Promise<void>} onSwitch
 * @property {(text: string) => void} onSay tells screen readers
 * @property {(sentence: string) => void} onRefused tells everybody
 * @property {() => void} onGrown
 * @property {(element: HTMLElement, onWritten: () => void) => Writer} writerFor
 * @property {() => string[]} models
 * @property {typeof import("./branching.js").BRANCHING | null} branching null: messages have no versions to be seen here
 */

export {};
