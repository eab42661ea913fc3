/** Codes by which callers tell faults apart; the message is for people and is never matched. */
export type ErrorCode =
  | 'bad-input'
  | 'bad-config'
  | 'not-found'
  | 'conflict'
  | 'unavailable'
  | 'timeout'
  | 'rate-limited'
  | 'unauthorised'
  | 'stale-epoch'
  | 'outcome-unknown'
  | 'corrupt'
  | 'internal'

export interface CcpErrorOptions {
  /** Whether the same call may succeed if it is made again. */
  readonly retryable?: boolean
  /** What a person can do about it, one sentence. */
  readonly mend?: string
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** The one fault type of the program: `message` says what and where, `mend` how to put it right. */
export class CcpError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly mend: string | null
  readonly retryAfterMs: number | null

  constructor(code: ErrorCode, message: string, options: CcpErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CcpError'
    this.code = code
    this.retryable =
      options.retryable ?? (code === 'unavailable' || code === 'timeout' || code === 'rate-limited')
    this.mend = options.mend ?? null
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** Any thrown value as a CcpError; what is not one already becomes `internal` and keeps its cause. */
export function toCcpError(thrown: unknown): CcpError {
  if (thrown instanceof CcpError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new CcpError('internal', message, { cause: thrown })
}
