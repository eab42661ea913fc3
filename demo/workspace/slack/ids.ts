import { randomBytes, randomUUID } from 'node:crypto'

const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789'

/** A Slack-looking identifier: prefix plus ten capital letters and digits. */
export function newId(prefix: string): string {
  const letters = [...randomBytes(10)].map((byte) => alphabet[byte % alphabet.length])
  return prefix + letters.join('')
}

export const newEnvelopeId = (): string => randomUUID()

/** A secret path part for upload and response URLs. */
export const newSecret = (): string => randomBytes(18).toString('base64url')

/**
 * Message timestamps: seconds with six decimals, strictly increasing even for two messages in one
 * microsecond, because Slack uses them as keys.
 */
export function timestamps(nowMs: () => number): () => string {
  let lastMicros = 0
  return () => {
    lastMicros = Math.max(lastMicros + 1, Math.floor(nowMs() * 1000))
    return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`
  }
}
