import type { Feed } from '../feed.ts'
import { newId } from '../slack/ids.ts'
import type {
  Agent,
  AlertRecord,
  IncidentRecord,
  IncidentStatus,
  NoteRecord,
  PagerDutyPerson,
  PagerDutyServiceRecord,
  Urgency,
} from './types.ts'
import type { Webhooks } from './webhooks.ts'
import type { Wire } from './wire.ts'

/** An incident somebody or something raises. */
export interface Raise {
  readonly service: PagerDutyServiceRecord
  readonly title: string
  readonly urgency: Urgency
  readonly key: string
  readonly agent: Agent
  readonly severity: string
  readonly source: string
  readonly details: Readonly<Record<string, unknown>>
}

/** The incidents, and the events every change of them sends out. */
export class PagerDutyState {
  readonly incidents: IncidentRecord[] = []
  readonly people: readonly PagerDutyPerson[]
  readonly services: readonly PagerDutyServiceRecord[]
  readonly webhooks: Webhooks
  readonly #wire: Wire
  readonly #feed: Feed
  #number = 1_200

  constructor(
    people: readonly PagerDutyPerson[],
    services: readonly PagerDutyServiceRecord[],
    webhooks: Webhooks,
    wire: Wire,
    feed: Feed,
  ) {
    this.people = people
    this.services = services
    this.webhooks = webhooks
    this.#wire = wire
    this.#feed = feed
  }

  incident(id: string): IncidentRecord | undefined {
    return this.incidents.find((incident) => incident.id === id)
  }

  /** The service by id, name or routing key. */
  service(named: string): PagerDutyServiceRecord | undefined {
    return this.services.find(({ id, name, routingKey }) => [id, name, routingKey].includes(named))
  }

  /** Raises an incident, or adds an alert to the open one with the same key, as PagerDuty deduplicates. */
  raise(raise: Raise): IncidentRecord {
    const open = this.incidents.find(
      (entry) =>
        entry.key === raise.key && entry.service.id === raise.service.id && entry.status !== 'resolved',
    )
    if (open) return open
    const nowMs = Date.now()
    const incident: IncidentRecord = {
      id: newId('Q'),
      number: ++this.#number,
      key: raise.key,
      title: raise.title,
      status: 'triggered',
      urgency: raise.urgency,
      service: raise.service,
      createdMs: nowMs,
      changedMs: nowMs,
      changedBy: raise.agent,
      resolveReason: null,
      assignees: this.people.slice(0, 1),
      notes: [],
      alerts: [newAlert(raise, nowMs)],
    }
    this.incidents.push(incident)
    this.#emit('incident.triggered', incident, raise.agent)
    return incident
  }

  /** Changes the status; nothing happens (and nothing is sent) when it is that already. */
  setStatus(
    incident: IncidentRecord,
    status: IncidentStatus,
    agent: Agent,
    reason: string | null = null,
  ): void {
    if (incident.status === status) return
    const reopened = incident.status === 'resolved'
    incident.status = status
    incident.changedMs = Date.now()
    incident.changedBy = agent
    incident.resolveReason = status === 'resolved' ? reason : null
    for (const alert of incident.alerts) alert.status = status === 'resolved' ? 'resolved' : 'triggered'
    const unacknowledged = status === 'triggered' && !reopened
    this.#emit(
      reopened ? 'incident.reopened' : unacknowledged ? 'incident.unacknowledged' : `incident.${status}`,
      incident,
      agent,
    )
  }

  retitle(incident: IncidentRecord, title: string): void {
    incident.title = title
    this.#feed.publish({ kind: 'pagerduty' })
  }

  /** A note; sends `incident.annotated`. */
  annotate(incident: IncidentRecord, content: string, by: PagerDutyPerson): NoteRecord {
    const note: NoteRecord = { id: newId('P'), content, by, atMs: Date.now() }
    incident.notes.push(note)
    const agent = this.#wire.agent({ kind: 'person', person: by })
    this.webhooks.emit(
      'incident.annotated',
      incident.id,
      agent,
      this.#wire.webhookNote(incident, note),
      note.atMs,
    )
    this.#feed.publish({ kind: 'pagerduty' })
    return note
  }

  /** Escalates to a level of the policy, on which every person is one level; to the next where none is named. */
  escalate(incident: IncidentRecord, agent: Agent, level?: number): void {
    const next =
      level === undefined
        ? (this.people.find((person) => !incident.assignees.includes(person)) ?? this.people[0])
        : this.people[level - 1]
    if (next === undefined || (incident.assignees.length === 1 && incident.assignees[0] === next)) return
    incident.assignees.splice(0, incident.assignees.length, next)
    this.#emit('incident.escalated', incident, agent)
  }

  #emit(eventType: string, incident: IncidentRecord, agent: Agent): void {
    this.webhooks.emit(
      eventType,
      incident.id,
      this.#wire.agent(agent),
      this.#wire.webhookIncident(incident),
      incident.changedMs,
    )
    this.#feed.publish({ kind: 'pagerduty' })
  }
}

const newAlert = (raise: Raise, atMs: number): AlertRecord => ({
  id: newId('Q'),
  alertKey: raise.key,
  summary: raise.title,
  severity: raise.severity,
  source: raise.source,
  details: raise.details,
  status: 'triggered',
  atMs,
})
