import type { Fields } from './types.ts'

/** A refusal in Slack's own words: `{ok: false, error, ...extra}` with HTTP status 200. */
export class SlackApiError extends Error {
  readonly error: string
  readonly extra: Fields

  constructor(error: string, extra: Fields = {}) {
    super(error)
    this.name = 'SlackApiError'
    this.error = error
    this.extra = extra
  }
}

/** A refusal with explanations, shaped like Slack's `response_metadata.messages`. */
export function refusal(error: string, explanations: readonly string[]): SlackApiError {
  const messages = explanations.map((text) => `[ERROR] ${text}`)
  return new SlackApiError(error, { errors: [...explanations], response_metadata: { messages } })
}
