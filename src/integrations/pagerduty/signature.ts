import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Whether `X-PagerDuty-Signature` (`v1=<hex>[,v1=<hex>...]`) holds for the raw body under any of the secrets:
 * HMAC-SHA256, compared in constant time.
 */
export function signatureHolds(
  header: string | undefined,
  body: Buffer,
  secrets: readonly string[],
): boolean {
  const given = (header ?? '')
    .split(',')
    .map((part) => /^v1=([0-9a-f]{64})$/i.exec(part.trim())?.[1])
    .filter((hex) => hex !== undefined)
    .map((hex) => Buffer.from(hex, 'hex'))
  const wanted = secrets.map((secret) => createHmac('sha256', secret).update(body).digest())
  return wanted.some((digest) => given.some((signature) => timingSafeEqual(signature, digest)))
}
