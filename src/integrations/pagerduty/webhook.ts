import type { PageEvent } from '../../pipeline/detection/ports.ts'
import { toCcpError, type CcpError } from '../../pipeline/errors.ts'
import type { Route } from '../http/listen.ts'
import { parseWebhook } from './page-schema.ts'
import { signatureHolds } from './signature.ts'

export interface WebhookDeps {
  readonly secrets: readonly string[]
  /** Writes the news to the journal; throws when it cannot be kept. */
  accept(news: PageEvent): void
  report(error: CcpError): void
}

/**
 * PagerDuty's webhooks v3. Its rules decide the answers: a 4xx drops the event and three in a row disable the
 * subscription, a 5xx or 429 is sent again. So: 401 to a forgery, 400 to what cannot be JSON, 202 to all that is signed
 * and understood or merely unknown, 503 when the journal cannot keep it.
 */
export function pagerdutyWebhook(deps: WebhookDeps): Route {
  return {
    method: 'POST',
    path: '/webhooks/pagerduty',
    handle({ headers, body }) {
      if (!signatureHolds(headers['x-pagerduty-signature'], body, deps.secrets)) {
        return {
          status: 401,
          body: { error: 'X-PagerDuty-Signature does not match the body under any known secret' },
        }
      }
      const payload = parseJson(body)
      if (payload === undefined) return { status: 400, body: { error: 'the body is not JSON' } }
      const news = parseWebhook(payload)
      if (news === null)
        return { status: 202, body: { accepted: false, reason: 'an event of no kind we act on' } }
      try {
        deps.accept(news)
        return { status: 202, body: { accepted: true } }
      } catch (thrown) {
        deps.report(toCcpError(thrown))
        return {
          status: 503,
          body: { error: 'the event could not be stored; send it again' },
          headers: { 'retry-after': '5' },
        }
      }
    },
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}
