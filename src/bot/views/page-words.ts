import type { Incident } from '../../pipeline/contracts.ts'
import { pagesOfIncident } from '../../pipeline/notices.ts'

/** What becomes of whoever reported the incident; not every incident has a page. */
export function resolvedWords(incident: Incident): string {
  if (pagesOfIncident(incident).length > 0) return 'the page is resolved'
  return hasAlerts(incident)
    ? 'no page belongs to it; Alertmanager ends its alerts by itself'
    : 'no page belongs to it'
}

/** Why it is closed. */
export function closedWords(incident: Incident): string {
  return pagesOfIncident(incident).length === 0 && hasAlerts(incident)
    ? 'Alertmanager says that its alerts are over'
    : 'The page was resolved in PagerDuty'
}

/** Who is told when somebody asks for help. */
export function escalationWords(incident: Incident): string {
  return pagesOfIncident(incident).length === 0
    ? 'The leads get an e-mail. No page belongs to this incident, so nobody is paged.'
    : 'The next level of the PagerDuty escalation policy is paged and the leads get an e-mail.'
}

function hasAlerts({ signals }: Incident): boolean {
  return signals.some(({ source }) => source.kind === 'alertmanager')
}
