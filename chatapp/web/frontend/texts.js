/** The words that the scripts say; those of the pages stand in the templates. */
export const texts = {
  answering: "Answering…",
  done: "The answer is complete.",
  stopped: "The answer was stopped.",
  stopping: "Stopping…",
  cleared: "A new chat has begun.",
  reconnecting: "Reconnecting…",
  reconnected: "The connection is back.",
  failed: (/** @type {string} */ reason) => `The answer failed. ${reason}`,
  copied: "Copied.",
  notCopied: "Copying is not allowed here. Please select the text and copy it yourself.",
  continue: "Please continue.",

  copyCode: "Copy",
  wrapCode: "Wrap lines",
  table: "Table",
  formula: "Formula",
  taskDone: "Done",
  taskOpen: "Not done",
  image: (/** @type {string} */ name) => `Image: ${name}`,

  send: "Send",
  stop: "Stop",
  openWidget: "Open the chat",
  closeWidget: "Close the chat",

  unreachable: "The server could not be reached. Please check your connection and try again.",
  lost: "The connection was lost before the answer was complete. Please try again.",
  unfinished: "This answer was not finished. Please try again.",
  unreadable: "The server sent something that is not an answer. Please try again.",
  badStatus: (/** @type {number} */ status) =>
    `The server could not answer (status ${status}). Please try again.`,
  retryAfter: (/** @type {number} */ seconds) =>
    `Please wait about ${duration(seconds)} before you try again.`,
  code: (/** @type {string} */ code) => `Code: ${code}`,
  requestId: (/** @type {string} */ id) => `Request id: ${id}`,

  cutOff: "This answer reached its length limit, so it ends early.",
  filtered: "The provider's content filter ended this answer early.",
  refused: "The model declined to answer this.",
  tooOld: (/** @type {number} */ count) =>
    count === 1
      ? "The oldest message no longer fits into this model and was left out."
      : `The oldest ${counted(count, "message")} no longer fit into this model and were left out.`,
  tokens: (/** @type {number} */ count) => counted(count, "token"),
  about: (/** @type {string} */ amount) => (amount.startsWith("<") ? amount : `about ${amount}`),
  atLeast: (/** @type {string} */ amount) => `at least ${amount}`,
  costUnknown: "cost unknown",
  nothingCharged: "nothing charged",
  wouldCostSo: (/** @type {string} */ amount) => `would cost ${amount}`,
  model: "Model",
  tokensIn: "Tokens in",
  cachedTokens: "of these cached",
  writtenTokens: "of these written to the cache",
  tokensOut: "Tokens out",
  reasoningTokens: "of these for reasoning",
  cost: "Cost",
  wouldCost: "Would cost",
  unknown: "unknown",
  countedBy: "Counted by",
  /** @type {Readonly<Record<string, string>>} */
  sources: { provider: "the provider", estimated: "this server, as an estimate" },
  pricesOf: "Prices of",
  thisConversation: (/** @type {string} */ sum) => `This conversation: ${sum}`,
  shownMessages: (/** @type {string} */ sum) => `The messages shown: ${sum}`,
  draftTokens: (/** @type {string} */ tokens) => `${tokens} in`,
  draftMost: (/** @type {string} */ tokens, /** @type {string} */ most) => `${tokens} in, at most ${most}`,
  draftFree: (/** @type {string} */ tokens) => `${tokens} in; the fake model costs nothing`,
  usedByYou: (/** @type {number} */ percent, /** @type {string} */ time) =>
    `You have used ${percent} % of what you may use today. It comes back at ${time}.`,
  usedByAll: (/** @type {string} */ time) =>
    `Most of what this server may spend today is used up. It comes back at ${time}.`,
  version: (/** @type {number} */ number, /** @type {number} */ count) => `${number} / ${count}`,

  untitled: "New chat",
  pageTitle: (/** @type {string} */ title) => `${title} – Chatapp`,
  moreFor: (/** @type {string} */ title) => `More for “${title}”`,
  pin: "Pin",
  unpin: "Unpin",
  noConversations: "No conversations yet. Your first message begins one.",
  nothingFound: "Nothing found.",
  found: (/** @type {number} */ count, /** @type {boolean} */ more) =>
    `${count}${more ? " or more" : ""} ${count === 1 ? "conversation" : "conversations"} found.`,
  deleted: "The conversation was deleted.",
  gone: "This conversation is not there (any more).",

  deleteTitle: "Delete this conversation?",
  deleteText: (/** @type {string} */ title) =>
    `“${title}” goes with all its messages and branches. An answer that is still being made is stopped.`,
  delete: "Delete",
  forgetTitle: "Delete all your data?",
  forgetText:
    "All your conversations go, on all your devices, with every message and branch. Answers that are still being made are stopped. This cannot be undone. What you want to keep, export before.",
  forget: "Delete everything",
  forgotten: "All your data is deleted.",
  takeOverTitle: "Continue from your other device?",
  takeOverText:
    "This browser will show the conversations of the device that made this link. Go on only if you made it yourself. If this browser has conversations of its own, export them first: it will no longer show them.",
  takeOver: "Continue here",
  tookOver: "Your conversations are here now.",
  linkWorks: (/** @type {number} */ minutes) =>
    `It works once, and for ${minutes} minutes. Whoever opens it sees all your conversations, so give it to nobody else.`,

  zip: "This is a zip file. Please unpack it, and choose the file conversations.json that is in it.",
  sending: (/** @type {number} */ percent) => `Sending: ${percent} %`,
  reading: "The server is reading the file…",
  imported: (/** @type {number} */ conversations, /** @type {number} */ messages) =>
    `Imported: ${counted(conversations, "conversation")} with ${counted(messages, "message")}.`,
  known: (/** @type {number} */ count) =>
    `${counted(count, "message")} ${count === 1 ? "was" : "were"} here already.`,
  leftOut: "What was left out",
};

/**
 * @param {number} count
 * @param {string} noun
 */
function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * A time to wait, in the unit that fits.
 *
 * @param {number} seconds
 */
function duration(seconds) {
  if (seconds < 120) return counted(Math.ceil(seconds), "second");
  if (seconds < 3600) return counted(Math.ceil(seconds / 60), "minute");
  return counted(Math.round(seconds / 3600), "hour");
}
