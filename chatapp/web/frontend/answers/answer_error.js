import { isEnglish } from "../language.js";
import { texts } from "../texts.js";

/**
 * @typedef {{ error: string, code: string, request_id?: string | null, retry_after_seconds?: number }} ToldError
 *
 * Why there is no whole answer, in words for the person who asked.
 *
 * @typedef {object} Problem
 * @property {string} reason one plain sentence
 * @property {string} code
 * @property {string | null} requestId
 * @property {number | null} retryAfterSeconds
 * @property {string[]} details what was wrong with which field of the request
 */

/** The line broke, or a server or proxy is about to be replaced: the same request may do better in a moment. */
const PASSING = new Set([
  "unreachable",
  "connection_lost",
  "shutting_down",
  "storage_unavailable",
  "http_502",
  "http_503",
  "http_504",
]);

/** Said by somebody who does not know, or after the question may have been taken. */
const MAY_HAVE_COME = /^(?:http_|(?:internal|body_timeout|unauthorized|unreadable)$)/;

/** A request or an answer that failed; `problem` says why. */
export class AnswerError extends Error {
  /** @param {Partial<Problem> & { reason: string, code: string }} problem */
  constructor(problem) {
    super(problem.reason);
    this.name = "AnswerError";
    /** @type {Problem} */
    this.problem = { requestId: null, retryAfterSeconds: null, details: [], ...problem };
  }

  /** Whether it is worth while to do the same again by oneself, where doing it twice does no harm. */
  get passes() {
    return PASSING.has(this.problem.code);
  }

  /** Whether nobody answered at all. */
  get isUnreachable() {
    return this.problem.code === "unreachable";
  }

  /** Whether the server has surely looked for what it was asked, and does not have it: a proxy in front has not. */
  get isRefusal() {
    return !this.passes && !MAY_HAVE_COME.test(this.problem.code);
  }

  /** What was asked for, or whoever asked, is not known to the server any more. */
  get isGone() {
    return ["not_found", "unauthorized"].includes(this.problem.code);
  }

  /** The server could not be reached at all. */
  static unreachable() {
    return new AnswerError({ reason: texts.unreachable, code: "unreachable" });
  }

  /**
   * The stream ended, or went silent, before the answer did.
   *
   * @param {string | null} [requestId]
   */
  static lost(requestId = null) {
    return new AnswerError({ reason: texts.lost, code: "connection_lost", requestId });
  }

  /**
   * An answer that is not whole, for a reason that nobody told.
   *
   * @param {string} state
   */
  static unfinished(state) {
    return new AnswerError({ reason: texts.unfinished, code: state });
  }

  /** @param {string | null} [requestId] */
  static unreadable(requestId = null) {
    return new AnswerError({ reason: texts.unreadable, code: "unreadable", requestId });
  }

  /**
   * What the server says in an error event, or in the body of an error status.
   *
   * @param {any} body
   * @param {Partial<Problem>} [fallback] what is known without the body
   */
  static fromBody(body, fallback = {}) {
    const code = text(body?.code) ?? fallback.code ?? "unknown";
    const said = text(body?.error);
    // The server speaks English. What it said stays to be read, under the details.
    const known = isEnglish() ? undefined : texts.problems?.[code];
    return new AnswerError({
      reason: known ?? said ?? fallback.reason ?? texts.unreadable,
      code,
      requestId: text(body?.request_id) ?? fallback.requestId ?? null,
      retryAfterSeconds: body?.retry_after_seconds ?? fallback.retryAfterSeconds ?? null,
      details: [
        ...(known && said ? [said] : []),
        ...(Array.isArray(body?.details) ? body.details.map(describe) : []),
      ],
    });
  }

  /**
   * A response with an error status, whoever sent it: a proxy's has no JSON.
   *
   * @param {Response} response
   */
  static async fromResponse(response) {
    const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
    return AnswerError.fromBody(await response.json().catch(() => null), {
      reason: texts.badStatus(response.status),
      code: `http_${response.status}`,
      requestId: response.headers.get("X-Request-Id"),
      retryAfterSeconds: Number.isNaN(seconds) ? null : seconds,
    });
  }
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** @param {{ path?: unknown, reason?: unknown }} detail */
function describe(detail) {
  return [detail?.path, detail?.reason].filter(Boolean).join(": ");
}
