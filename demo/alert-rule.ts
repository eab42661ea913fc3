import { parseExposition, type Sample } from '../src/integrations/prometheus/exposition.ts'

/** What any monitoring has: a rule on one service at the router that pages through the Events API. */
export interface AlertRule {
  readonly service: string
  readonly watches:
    | { readonly kind: 'error-ratio'; readonly above: number; readonly objective: string }
    /** The share of answers that take longer than `slowerThanMs`, one of the edges of the router's histogram. */
    | { readonly kind: 'slow-answers'; readonly slowerThanMs: number; readonly above: number }
}

export const GATEWAY_ERRORS: AlertRule = {
  service: 'gateway',
  watches: { kind: 'error-ratio', above: 0.05, objective: '1 %' },
}

/** Where the rule looks and whom it pages. */
export interface Monitoring {
  readonly routerMetricsUrl: string
  readonly eventsUrl: string
  readonly routingKeyOf: (service: string) => string
}

/** A rule has to be broken in so many looks in a row. */
const LOOKS = 4
const EVERY_MS = 1_000

/** Looks until the rule is broken and the page has been accepted; answers the title of the page. */
export async function pageWhenBroken(
  rule: AlertRule,
  monitoring: Monitoring,
  signal: AbortSignal,
): Promise<string> {
  let before = await count(rule, monitoring)
  let broken = 0
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    const now = await count(rule, monitoring)
    const ratio = (now.bad - before.bad) / Math.max(1, now.requests - before.requests)
    before = now
    broken = ratio > rule.watches.above ? broken + 1 : 0
    if (broken < LOOKS) continue
    const title = titleOf(rule, ratio)
    await enqueue(rule, monitoring, title)
    return title
  }
  throw new Error('the demo was stopped before the alert rule was broken')
}

function titleOf({ service, watches }: AlertRule, ratio: number): string {
  const share = `${(ratio * 100).toFixed(0)} %`
  return watches.kind === 'error-ratio'
    ? `${service}: ${share} of requests fail (5xx), objective ${watches.objective}`
    : `${service}: ${share} of requests take longer than ${watches.slowerThanMs} ms`
}

interface Counted {
  readonly requests: number
  readonly bad: number
}

async function count({ service, watches }: AlertRule, { routerMetricsUrl }: Monitoring): Promise<Counted> {
  const text = await (await fetch(routerMetricsUrl)).text()
  const ofService = parseExposition(text).samples.filter(({ labels }) => labels['service'] === service)
  if (watches.kind === 'error-ratio') {
    const samples = ofService.filter(({ name }) => name === 'router_requests_total')
    return {
      requests: sum(samples),
      bad: sum(samples.filter(({ labels }) => labels['code']?.startsWith('5'))),
    }
  }
  const requests = sum(ofService.filter(({ name }) => name === 'router_request_duration_seconds_count'))
  const fast = sum(
    ofService.filter(
      ({ name, labels }) =>
        name === 'router_request_duration_seconds_bucket' &&
        Number(labels['le']) * 1000 === watches.slowerThanMs,
    ),
  )
  return { requests, bad: requests - fast }
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0)
}

async function enqueue(rule: AlertRule, monitoring: Monitoring, title: string): Promise<void> {
  const body = {
    routing_key: monitoring.routingKeyOf(rule.service),
    event_action: 'trigger',
    dedup_key: `${rule.watches.kind}/${rule.service}`,
    payload: { summary: title, source: 'shop-monitoring', severity: 'critical', component: rule.service },
  }
  const answer = await fetch(monitoring.eventsUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`PagerDuty's Events API answered ${answer.status}: ${await answer.text()}`)
}
