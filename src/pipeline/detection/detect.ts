import type { Incident, IncidentSource, Signal } from '../contracts.ts'
import type { IncidentRecord, MachineEvent } from '../machine.ts'
import { pagesOfIncident } from '../notices.ts'
import type { ServiceDefinition } from '../services.ts'
import type { Page, PageEvent, RatioAlert } from './ports.ts'

/** What the journal is to be told, if anything. */
export interface Detected {
  readonly eventId: string
  readonly incidentId: string
  readonly event: MachineEvent
  readonly atMs: number
}

export interface DetectContext {
  /** Open incidents, newest first. */
  readonly open: readonly IncidentRecord[]
  /** The incident of that id, open or not. */
  record(incidentId: string): IncidentRecord | null
  readonly services: readonly ServiceDefinition[]
}

/**
 * A page opens an incident of its own, joins one that the error-rate watch opened for the same service, or
 * ends one. News that changes nothing gives null.
 */
export function detectPage(news: PageEvent, context: DetectContext): Detected | null {
  const known = incidentOfPage(news.page.pagerdutyId, context)
  const detected = (incidentId: string, event: MachineEvent): Detected => ({
    eventId: `page:${news.eventId}`,
    incidentId,
    event,
    atMs: news.atMs,
  })
  switch (news.kind) {
    case 'triggered': {
      if (known !== null) return null
      const service = serviceOfPage(news.page, context.services)
      const watched = context.open.find(
        (r) => r.incident.source.kind === 'error-rate-watch' && sameService(r, service),
      )
      const signal = signalOf(news.page, service, news.atMs)
      if (watched !== undefined)
        return detected(watched.incident.incidentId, { kind: 'signalJoined', signal })
      const incident = incidentOf(`pd-${news.page.pagerdutyId}`, news.page.title, news.page.urgency, signal)
      return detected(incident.incidentId, { kind: 'opened', incident })
    }
    case 'resolved':
      return known === null ? null : detected(known.incident.incidentId, { kind: 'pageResolved' })
    case 'reopened':
      return known === null ? null : detected(known.incident.incidentId, { kind: 'pageReopened' })
    case 'other':
      return null
  }
}

/** An error ratio above the objective opens an incident only where none is open for a service it calls or is called by. */
export function detectRatio(alert: RatioAlert, context: DetectContext): Detected | null {
  const signal: Signal = {
    source: { kind: 'error-rate-watch' },
    service: alert.service,
    summary: `${alert.service}: ${percent(alert.errorRatio)} of ${alert.requests} requests failed (objective ${percent(alert.objective)})`,
    atMs: alert.atMs,
  }
  const near = neighbourhood(alert.service, context.services)
  const related = context.open.find(({ incident }) => incident.service !== null && near.has(incident.service))
  if (related === undefined) {
    const incident = incidentOf(`watch-${alert.service}-${alert.sinceMs}`, signal.summary, 'high', signal)
    return {
      eventId: incident.incidentId,
      incidentId: incident.incidentId,
      event: { kind: 'opened', incident },
      atMs: alert.atMs,
    }
  }
  const { incidentId, signals } = related.incident
  if (signals.some((seen) => seen.source.kind === 'error-rate-watch' && seen.service === alert.service))
    return null
  const eventId = `watch:${incidentId}:${alert.service}`
  return { eventId, incidentId, event: { kind: 'signalJoined', signal }, atMs: alert.atMs }
}

/** What polling adds: pages that no webhook told of, and ends that none told of. */
export function newsOfPage(page: Page, atMs: number): PageEvent {
  const kind = page.status === 'resolved' ? 'resolved' : 'triggered'
  return { eventId: `poll:${page.pagerdutyId}:${kind}:${atMs}`, kind, page, atMs }
}

function incidentOfPage(pagerdutyId: string, context: DetectContext): IncidentRecord | null {
  const own = context.record(`pd-${pagerdutyId}`)
  if (own !== null) return own
  return context.open.find((record) => pagesOfIncident(record.incident).includes(pagerdutyId)) ?? null
}

function serviceOfPage(page: Page, services: readonly ServiceDefinition[]): string | null {
  const byId = services.find((service) => service.pagerdutyServiceIds.includes(page.pagerdutyServiceId))
  return (byId ?? services.find((service) => service.name === page.pagerdutyServiceName))?.name ?? null
}

function sameService(record: IncidentRecord, service: string | null): boolean {
  return service !== null && record.incident.service === service
}

function signalOf(page: Page, service: string | null, atMs: number): Signal {
  const source: IncidentSource = { kind: 'pagerduty', pagerdutyId: page.pagerdutyId, htmlUrl: page.htmlUrl }
  return { source, service, summary: page.title, atMs }
}

function incidentOf(incidentId: string, title: string, urgency: Page['urgency'], signal: Signal): Incident {
  const { service, source, atMs } = signal
  return { incidentId, title, service, urgency, source, detectedAtMs: atMs, signals: [signal] }
}

/** The service, all that it reaches and all that reach it. */
function neighbourhood(service: string, services: readonly ServiceDefinition[]): ReadonlySet<string> {
  const callees = new Map(services.map(({ name, dependsOn }) => [name, dependsOn]))
  const callers = new Map(
    services.map(({ name }) => [name, services.filter((s) => s.dependsOn.includes(name)).map((s) => s.name)]),
  )
  return new Set([...reach(service, callees), ...reach(service, callers)])
}

function reach(from: string, edges: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const seen = new Set([from])
  for (const name of seen) for (const target of edges.get(name) ?? []) seen.add(target)
  return seen
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`
}
