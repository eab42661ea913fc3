import type { AlertNews } from '../../pipeline/detection/ports.ts'
import { CcpError, toCcpError } from '../../pipeline/errors.ts'
import type { Answer, Route } from '../http/listen.ts'
import { isAuthorised, type AlertmanagerCredentials } from './authorization.ts'
import { parseDelivery } from './delivery-schema.ts'

export interface AlertmanagerWebhookDeps {
  readonly credentials: AlertmanagerCredentials
  /** Writes the news to the journal, each alert once; throws when they cannot be kept. */
  accept(alerts: readonly AlertNews[]): void
  report(error: CcpError): void
  nowMs(): number
}

/** A group holds as many alerts as fire; some hundreds must still come through. */
const MOST_BYTES = 4 * 1024 * 1024

/**
 * Alertmanager's webhook, payload version 4. Its notifier decides the answers: 2xx is delivered, 5xx is sent again with
 * growing pauses, anything else is given up until the group is next due, and counted in
 * `alertmanager_notifications_failed_total`. So: 401 without the right credentials, 400 to what is no such payload, 202 to
 * what the journal has, 503 where it cannot keep it. A delivery that was kept in part is sent again whole, and changes
 * nothing by what it repeats.
 */
export function alertmanagerWebhook(deps: AlertmanagerWebhookDeps): Route {
  return {
    method: 'POST',
    path: '/webhooks/alertmanager',
    mostBytes: MOST_BYTES,
    handle({ headers, body }) {
      if (!isAuthorised(headers.authorization, deps.credentials)) return unauthorised(deps.credentials)
      const payload = parseJson(body)
      if (payload === undefined) return { status: 400, body: { error: 'the body is not JSON' } }
      const parsed = parseDelivery(payload, deps.nowMs())
      if (parsed.kind === 'mistake') return { status: 400, body: { error: parsed.what } }
      const { alerts, leftOut } = parsed.delivery
      if (leftOut > 0) deps.report(leftOutError(leftOut))
      return accepted(alerts, deps)
    },
  }
}

function accepted(alerts: readonly AlertNews[], deps: AlertmanagerWebhookDeps): Answer {
  try {
    deps.accept(alerts)
    return { status: 202, body: { accepted: alerts.length } }
  } catch (thrown) {
    deps.report(toCcpError(thrown))
    const error = 'the alerts could not be stored; send them again'
    return { status: 503, body: { error }, headers: { 'retry-after': '5' } }
  }
}

function unauthorised({ bearerTokens, basicAuth }: AlertmanagerCredentials): Answer {
  const isOff = bearerTokens.length === 0 && basicAuth === null
  const error = isOff
    ? 'no credentials are configured here: set ALERTMANAGER_BEARER_TOKENS or ALERTMANAGER_BASIC_AUTH'
    : 'the Authorization header carries none of the known credentials'
  return { status: 401, body: { error }, headers: { 'www-authenticate': 'Bearer, Basic realm="ccp"' } }
}

function leftOutError(leftOut: number): CcpError {
  return new CcpError('bad-input', `Alertmanager left ${leftOut} alerts of a group out`, {
    mend: 'raise max_alerts of the webhook in alertmanager.yml, or group by more labels',
  })
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}
