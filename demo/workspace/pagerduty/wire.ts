import type {
  Agent,
  AlertRecord,
  IncidentRecord,
  NoteRecord,
  PagerDutyPerson,
  PagerDutyServiceRecord,
} from './types.ts'

type Json = Record<string, unknown>

export const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')

/** Builds PagerDuty's wire objects; `apiUrl` and `webUrl` are where the stand-in answers. */
export class Wire {
  readonly #apiUrl: () => string
  readonly #webUrl: () => string

  constructor(apiUrl: () => string, webUrl: () => string) {
    this.#apiUrl = apiUrl
    this.#webUrl = webUrl
  }

  #reference(type: string, path: string, id: string, summary: string): Json {
    return {
      id,
      type: `${type}_reference`,
      summary,
      self: `${this.#apiUrl()}/${path}/${id}`,
      html_url: `${this.#webUrl()}/${path}/${id}`,
    }
  }

  serviceReference = (service: PagerDutyServiceRecord): Json =>
    this.#reference('service', 'services', service.id, service.name)
  userReference = (person: PagerDutyPerson): Json => this.#reference('user', 'users', person.id, person.name)
  incidentReference = (incident: IncidentRecord): Json =>
    this.#reference('incident', 'incidents', incident.id, `[#${incident.number}] ${incident.title}`)
  agent = (agent: Agent): Json =>
    agent.kind === 'person' ? this.userReference(agent.person) : this.serviceReference(agent.service)
  policy = (): Json =>
    this.#reference('escalation_policy', 'escalation_policies', 'PESCAL1', 'On-call engineers')

  /** An incident as REST v2 answers it. */
  incident(incident: IncidentRecord): Json {
    const summary = `[#${incident.number}] ${incident.title}`
    return {
      ...this.#reference('incident', 'incidents', incident.id, summary),
      type: 'incident',
      incident_number: incident.number,
      title: incident.title,
      description: incident.title,
      created_at: iso(incident.createdMs),
      updated_at: iso(incident.changedMs),
      status: incident.status,
      incident_key: incident.key,
      service: this.serviceReference(incident.service),
      assignments: incident.assignees.map((person) => ({
        at: iso(incident.createdMs),
        assignee: this.userReference(person),
      })),
      assigned_via: 'escalation_policy',
      last_status_change_at: iso(incident.changedMs),
      last_status_change_by: this.agent(incident.changedBy),
      resolved_at: incident.status === 'resolved' ? iso(incident.changedMs) : null,
      escalation_policy: this.policy(),
      teams: [],
      priority: null,
      urgency: incident.urgency,
      acknowledgements:
        incident.status === 'acknowledged'
          ? [{ at: iso(incident.changedMs), acknowledger: this.agent(incident.changedBy) }]
          : [],
      alert_counts: alertCounts(incident.alerts),
      conference_bridge: null,
      resolve_reason: incident.resolveReason,
      pending_actions: [],
      incidents_responders: [],
      responder_requests: [],
      subscriber_requests: [],
    }
  }

  /** The `data` of a webhook v3 event about an incident. */
  webhookIncident(incident: IncidentRecord): Json {
    return {
      id: incident.id,
      type: 'incident',
      self: `${this.#apiUrl()}/incidents/${incident.id}`,
      html_url: `${this.#webUrl()}/incidents/${incident.id}`,
      number: incident.number,
      status: incident.status,
      incident_key: incident.key,
      created_at: iso(incident.createdMs),
      title: incident.title,
      service: this.serviceReference(incident.service),
      assignees: incident.assignees.map(this.userReference),
      escalation_policy: this.policy(),
      teams: [],
      priority: null,
      urgency: incident.urgency,
      conference_bridge: null,
      resolve_reason: incident.resolveReason,
      incident_type: { name: 'incident_default' },
    }
  }

  /** The `data` of `incident.annotated`. */
  webhookNote(incident: IncidentRecord, note: NoteRecord): Json {
    return {
      incident: this.incidentReference(incident),
      id: note.id,
      content: note.content,
      trimmed: false,
      type: 'incident_note',
    }
  }

  note(note: NoteRecord): Json {
    return {
      id: note.id,
      user: this.userReference(note.by),
      channel: { summary: 'The PagerDuty website or APIs' },
      content: note.content,
      created_at: iso(note.atMs),
    }
  }

  alert(incident: IncidentRecord, alert: AlertRecord): Json {
    return {
      ...this.#reference('alert', `incidents/${incident.id}/alerts`, alert.id, alert.summary),
      type: 'alert',
      status: alert.status,
      alert_key: alert.alertKey,
      created_at: iso(alert.atMs),
      severity: alert.severity,
      suppressed: false,
      service: this.serviceReference(incident.service),
      incident: this.incidentReference(incident),
      body: {
        type: 'alert_body',
        contexts: [],
        details: alert.details,
        cef_details: {
          source_origin: alert.source,
          severity: alert.severity,
          dedup_key: alert.alertKey,
          description: alert.summary,
          details: alert.details,
        },
      },
    }
  }

  service(service: PagerDutyServiceRecord, openStatus: string): Json {
    return {
      ...this.serviceReference(service),
      type: 'service',
      name: service.name,
      description: service.name,
      status: openStatus,
      escalation_policy: this.policy(),
      teams: [],
      integrations: [],
      alert_creation: 'create_alerts_and_incidents',
    }
  }

  user(person: PagerDutyPerson): Json {
    return {
      ...this.userReference(person),
      type: 'user',
      name: person.name,
      email: person.email,
      time_zone: 'Etc/UTC',
      role: 'user',
      teams: [],
      contact_methods: [],
    }
  }
}

function alertCounts(alerts: readonly AlertRecord[]): Json {
  const triggered = alerts.filter((alert) => alert.status === 'triggered').length
  return { all: alerts.length, triggered, resolved: alerts.length - triggered }
}
