/** The words that the scripts say; those of the pages stand in the templates. */
export const texts = {
  answering: "Answering…",
  done: "The answer is complete.",
  stopped: "The answer was stopped.",
  cleared: "A new chat has begun.",
  failed: (/** @type {string} */ reason) => `The answer failed. ${reason}`,

  send: "Send",
  stop: "Stop",
  openWidget: "Open the chat",
  closeWidget: "Close the chat",

  unreachable: "The server could not be reached. Please check your connection and try again.",
  lost: "The connection was lost before the answer was complete. Please try again.",
  unreadable: "The server sent something that is not an answer. Please try again.",
  badStatus: (/** @type {number} */ status) =>
    `The server could not answer (status ${status}). Please try again.`,
  retryAfter: (/** @type {number} */ seconds) =>
    `Please wait about ${seconds} ${seconds === 1 ? "second" : "seconds"} before you try again.`,
  code: (/** @type {string} */ code) => `Code: ${code}`,
  requestId: (/** @type {string} */ id) => `Request id: ${id}`,

  cutOff: "This answer reached its length limit, so it ends early.",
  filtered: "The provider's content filter ended this answer early.",
  refused: "The model declined to answer this.",
  tokens: (/** @type {number} */ count) =>
    `${count.toLocaleString("en")} ${count === 1 ? "token" : "tokens"}`,
  cost: (/** @type {string} */ usd) => `$${usd}`,
  estimatedCost: (/** @type {string} */ usd) => `about $${usd}`,
};
