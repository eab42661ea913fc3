import { parseExposition } from '../src/integrations/prometheus/exposition.ts'

/** What any monitoring has: a rule on the entrance's error ratio that pages through the Events API. */
export interface AlertRule {
  readonly routerMetricsUrl: string
  readonly eventsUrl: string
  readonly routingKey: string
  readonly service: string
  /** Above this ratio ... */
  readonly threshold: number
  /** ... in so many looks in a row, a page is raised. */
  readonly looks: number
  readonly everyMs: number
}

/** Looks until the rule is broken and the page has been accepted; answers the title of the page. */
export async function pageWhenBroken(rule: AlertRule, signal: AbortSignal): Promise<string> {
  let before = await count(rule)
  let broken = 0
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, rule.everyMs))
    const now = await count(rule)
    const ratio = (now.errors - before.errors) / Math.max(1, now.requests - before.requests)
    before = now
    broken = ratio > rule.threshold ? broken + 1 : 0
    if (broken < rule.looks) continue
    const title = `${rule.service}: ${(ratio * 100).toFixed(0)} % of requests fail (5xx), objective 1 %`
    await enqueue(rule, title)
    return title
  }
  throw new Error('the demo was stopped before the alert rule was broken')
}

async function count(rule: AlertRule): Promise<{ requests: number; errors: number }> {
  const text = await (await fetch(rule.routerMetricsUrl)).text()
  const samples = parseExposition(text).samples.filter(
    ({ name, labels }) => name === 'router_requests_total' && labels['service'] === rule.service,
  )
  const sum = (list: typeof samples): number => list.reduce((total, { value }) => total + value, 0)
  return {
    requests: sum(samples),
    errors: sum(samples.filter(({ labels }) => labels['code']?.startsWith('5'))),
  }
}

async function enqueue(rule: AlertRule, title: string): Promise<void> {
  const body = {
    routing_key: rule.routingKey,
    event_action: 'trigger',
    dedup_key: `error-ratio/${rule.service}`,
    payload: { summary: title, source: 'shop-monitoring', severity: 'critical', component: rule.service },
  }
  const answer = await fetch(rule.eventsUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`PagerDuty's Events API answered ${answer.status}: ${await answer.text()}`)
}
