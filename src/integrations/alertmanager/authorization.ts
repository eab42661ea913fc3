import { createHash, timingSafeEqual } from 'node:crypto'

export interface AlertmanagerCredentials {
  /** Several, so that one can follow the other without a gap. */
  readonly bearerTokens: readonly string[]
  /** "user:password"; null where none is taken. */
  readonly basicAuth: string | null
}

/**
 * Whether an `Authorization` header, as Alertmanager's http_config makes it (`Bearer TOKEN`, or `Basic` with user and
 * password), carries one of the credentials; compared in constant time, whatever the lengths. Without credentials nobody may.
 */
export function isAuthorised(
  header: string | undefined,
  { bearerTokens, basicAuth }: AlertmanagerCredentials,
): boolean {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+) *$/i.exec(header ?? '') ?? []
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return bearerTokens.map((token) => isSame(value, token)).includes(true)
    case 'basic':
      return basicAuth !== null && isSame(Buffer.from(value, 'base64').toString('utf8'), basicAuth)
    default:
      return false
  }
}

function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(wanted))
}
