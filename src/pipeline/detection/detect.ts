import type { IncidentSource, Signal } from '../contracts.ts'
import type { IncidentRecord, MachineEvent } from '../machine.ts'
import { pagesOfIncident } from '../notices.ts'
import type { ServiceDefinition } from '../services.ts'
import { belongsTo } from './correlate.ts'
import { incidentOf, type DetectContext, type Detected } from './detected.ts'
import type { Page, PageEvent } from './ports.ts'

/**
 * A page opens an incident of its own, joins one that alerts opened and that has no page yet, or ends one. Two pages are two
 * incidents: people work on each, and one fix for one cause is found by their diagnosis. News that changes nothing gives
 * null.
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
      const signal = signalOf(news.page, service, news.atMs)
      const unpaged = context.open.filter(({ incident }) => pagesOfIncident(incident).length === 0)
      const joined = belongsTo({ service, beganMs: news.atMs, atMs: news.atMs }, unpaged, context)
      if (joined !== null) {
        const { record, because } = joined
        return detected(record.incident.incidentId, { kind: 'signalJoined', signal: { ...signal, because } })
      }
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

function signalOf(page: Page, service: string | null, atMs: number): Signal {
  const source: IncidentSource = { kind: 'pagerduty', pagerdutyId: page.pagerdutyId, htmlUrl: page.htmlUrl }
  return { source, service, summary: page.title, atMs }
}
