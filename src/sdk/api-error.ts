/** The one error of this library: what was tried, what the server said, and how to find it in the server's log. */

export interface ApiErrorDetail {
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  /** The server's name for it (`itemNotFound`, `overLimit`, …) or one of {@link LocalCode}. */
  readonly code: string
  /** One sentence: the server's own where it gave one. */
  readonly message: string
  /** `POST /shares`: what was tried. Never holds a secret. */
  readonly request: string
  readonly requestId?: string | null
  /** Seconds. */
  readonly retryAfter?: number | null
  readonly cause?: unknown
}

/** Codes of failures that no server reported. */
export type LocalCode =
  /** Nothing is listening, the name does not resolve, the certificate is not trusted. */
  | 'noConnection'
  /** The deadline passed. A change may have happened all the same. */
  | 'timedOut'
  /** Something answered that does not speak this API. */
  | 'badReply'
  /** The call does not exist at the negotiated microversion. */
  | 'notAtThisVersion'
  /** What was configured can't be used: nothing was sent. */
  | 'badSettings'
  /** The credentials were refused. */
  | 'unauthorized'

export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly request: string
  readonly requestId: string | null
  readonly retryAfter: number | null
  constructor(detail: ApiErrorDetail) {
    super(detail.message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.status = detail.status
    this.code = detail.code
    this.request = detail.request
    this.requestId = detail.requestId ?? null
    this.retryAfter = detail.retryAfter ?? null
  }
}

/** A failure on this side, before or instead of an answer. */
export function localError(code: LocalCode, request: string, message: string, cause?: unknown): ApiError {
  return new ApiError({ status: 0, code, request, message, ...(cause === undefined ? {} : { cause }) })
}

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404
