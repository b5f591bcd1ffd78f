import { AnswerError } from "../answers/answer_error.js";

/**
 * Sends a file, and tells how much of it has gone; `fetch` cannot tell that.
 * Rejects with an AnswerError, or with the reason of `signal` once that is aborted.
 *
 * @param {string} address
 * @param {File} file
 * @param {{ type: string, signal: AbortSignal, onProgress: (sentBytes: number) => void }} options
 * @returns {Promise<any>}
 */
export function upload(address, file, { type, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Content-Type", type);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => answerOf(request).then(resolve, reject);
    request.onerror = () => reject(AnswerError.unreachable());
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** @param {XMLHttpRequest} request */
async function answerOf(request) {
  const headers = { "X-Request-Id": request.getResponseHeader("X-Request-Id") ?? "" };
  const response = new Response(request.responseText, { status: request.status, headers });
  if (!response.ok) throw await AnswerError.fromResponse(response);
  return response.json();
}
