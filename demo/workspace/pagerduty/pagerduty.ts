import { randomUUID } from 'node:crypto'
import { Faults } from '../faults.ts'
import type { Feed } from '../feed.ts'
import { jsonObject, sendJson } from '../http.ts'
import type { Exchange } from '../http.ts'
import { Rest } from './rest.ts'
import { PagerDutyState } from './state.ts'
import type {
  Agent,
  Delivery,
  IncidentRecord,
  NoteRecord,
  PagerDutyPerson,
  PagerDutyServiceRecord,
  Urgency,
  WebhookTiming,
} from './types.ts'
import { Webhooks } from './webhooks.ts'
import { Wire } from './wire.ts'

export interface PagerDutySeed {
  readonly token: string
  readonly people: readonly PagerDutyPerson[]
  readonly services: readonly PagerDutyServiceRecord[]
  readonly webhook?: { readonly url: string; readonly secrets: readonly string[] }
  readonly timing: WebhookTiming
  readonly limited: boolean
  readonly apiUrl: () => string
  readonly webUrl: () => string
}

/** What a test or the page may trigger. */
export interface TriggerRequest {
  /** Service id, name or routing key. */
  readonly service: string
  readonly title: string
  readonly urgency?: Urgency
  readonly dedupKey?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** The PagerDuty stand-in: REST v2, Events API v2, signed webhooks v3. */
export interface PagerDuty {
  readonly faults: Faults
  readonly state: PagerDutyState
  readonly webhooks: Webhooks
  incidents(): readonly IncidentRecord[]
  notes(incidentId: string): readonly NoteRecord[]
  deliveries(): readonly Delivery[]
  /** Raises an incident through the same path as the Events API. Throws for an unknown service. */
  trigger(request: TriggerRequest): IncidentRecord
  acknowledge(incidentId: string, personId?: string): void
  resolve(incidentId: string, personId?: string): void
  reopen(incidentId: string, personId?: string): void
  escalate(incidentId: string, personId?: string): void
  /** A person writes a note, as on PagerDuty's own page; the first person where none is named. */
  note(incidentId: string, content: string, personId?: string): NoteRecord
  /** Adds a webhook subscription, for instance once the bot's port is known. */
  subscribe(url: string, secrets: readonly string[]): void
  /** Takes `/api.pagerduty.com/*` and `/events.pagerduty.com/*`. */
  handle(exchange: Exchange): boolean
  close(): void
}

export function createPagerDuty(seed: PagerDutySeed, feed: Feed): PagerDuty {
  const faults = new Faults()
  const wire = new Wire(seed.apiUrl, seed.webUrl)
  const webhooks = new Webhooks(seed.timing, feed)
  const state = new PagerDutyState(seed.people, seed.services, webhooks, wire, feed)
  const rest = new Rest(state, wire, faults, { token: seed.token, limited: seed.limited })
  if (seed.webhook) webhooks.subscribe(seed.webhook.url, seed.webhook.secrets)

  const agentOf = (personId?: string): Agent => {
    const person =
      personId === undefined ? seed.people[0] : seed.people.find((entry) => entry.id === personId)
    if (!person)
      throw new Error(
        `nobody in PagerDuty is ${personId ?? 'there'}; there is ${seed.people.map((entry) => entry.id).join(', ')}`,
      )
    return { kind: 'person', person }
  }
  const known = (id: string): IncidentRecord => {
    const incident = state.incident(id)
    if (!incident) throw new Error(`no PagerDuty incident ${id}`)
    return incident
  }
  return {
    faults,
    state,
    webhooks,
    incidents: () => state.incidents,
    notes: (id) => known(id).notes,
    deliveries: () => webhooks.deliveries,
    trigger: (request) => trigger(state, request),
    acknowledge: (id, by) => state.setStatus(known(id), 'acknowledged', agentOf(by)),
    resolve: (id, by) => state.setStatus(known(id), 'resolved', agentOf(by)),
    reopen: (id, by) => state.setStatus(known(id), 'triggered', agentOf(by)),
    escalate: (id, by) => state.escalate(known(id), agentOf(by)),
    note: (id, content, by) => {
      const agent = agentOf(by)
      if (agent.kind !== 'person') throw new Error('only people write notes')
      return state.annotate(known(id), content, agent.person)
    },
    subscribe: (url, secrets) => void webhooks.subscribe(url, secrets),
    handle: (exchange) => route(rest, state, exchange),
    close: () => webhooks.close(),
  }
}

function route(rest: Rest, state: PagerDutyState, exchange: Exchange): boolean {
  const { pathname } = exchange.url
  const restPath = /^\/api\.pagerduty\.com(\/.*)$/.exec(pathname)?.[1]
  if (restPath === '/v2/enqueue' || pathname === '/events.pagerduty.com/v2/enqueue') enqueue(state, exchange)
  else if (restPath) rest.handle(exchange, restPath)
  else return false
  return true
}

function trigger(
  state: PagerDutyState,
  { service: named, title, urgency = 'high', dedupKey, details = {} }: TriggerRequest,
): IncidentRecord {
  const service = state.service(named)
  if (!service)
    throw new Error(
      `no PagerDuty service "${named}"; there is ${state.services.map((entry) => entry.name).join(', ')}`,
    )
  if (title.trim() === '') throw new Error('an incident needs a title')
  return state.raise({
    service,
    title,
    urgency,
    key: dedupKey ?? randomUUID().replaceAll('-', ''),
    details,
    agent: { kind: 'service', service },
    severity: urgency === 'high' ? 'critical' : 'warning',
    source: service.name,
  })
}

/** Events API v2: 202 with the dedup key, or 400 with what was wrong. */
function enqueue(state: PagerDutyState, exchange: Exchange): void {
  const body = jsonObject(exchange.body)
  const service =
    typeof body?.routing_key === 'string'
      ? state.services.find((entry) => entry.routingKey === body.routing_key)
      : undefined
  const problems = eventProblems(body, service)
  if (!body || !service || problems.length > 0) {
    return sendJson(exchange.response, 400, {
      status: 'invalid event',
      message: 'Event object is invalid',
      errors: problems,
    })
  }
  const key =
    typeof body.dedup_key === 'string' && body.dedup_key ? body.dedup_key : randomUUID().replaceAll('-', '')
  applyEvent(state, service, body, key)
  sendJson(exchange.response, 202, { status: 'success', message: 'Event processed', dedup_key: key })
}

function eventProblems(
  body: Record<string, unknown> | undefined,
  service: PagerDutyServiceRecord | undefined,
): string[] {
  if (!body) return ['JSON cannot be parsed']
  const action = String(body.event_action)
  const payload = (body.payload ?? {}) as Record<string, unknown>
  const problems: string[] = []
  if (!service) problems.push("'routing_key' is missing or unknown")
  if (!['trigger', 'acknowledge', 'resolve'].includes(action))
    problems.push("'event_action' must be trigger, acknowledge or resolve")
  if (action !== 'trigger' && !body.dedup_key) problems.push("'dedup_key' is missing or blank")
  if (action !== 'trigger') return problems
  for (const field of ['summary', 'source', 'severity'])
    if (!payload[field]) problems.push(`'payload.${field}' is missing or blank`)
  if (payload.severity && !['critical', 'error', 'warning', 'info'].includes(String(payload.severity)))
    problems.push(
      "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    )
  return problems
}

function applyEvent(
  state: PagerDutyState,
  service: PagerDutyServiceRecord,
  body: Record<string, unknown>,
  key: string,
): void {
  const agent: Agent = { kind: 'service', service }
  const payload = (body.payload ?? {}) as Record<string, unknown>
  if (body.event_action === 'trigger') {
    const severity = String(payload.severity)
    state.raise({
      service,
      title: String(payload.summary),
      key,
      agent,
      severity,
      source: String(payload.source),
      urgency: ['critical', 'error'].includes(severity) ? 'high' : 'low',
      details: (payload.custom_details ?? {}) as Record<string, unknown>,
    })
    return
  }
  const open = state.incidents.find(
    (entry) => entry.key === key && entry.service.id === service.id && entry.status !== 'resolved',
  )
  if (open) state.setStatus(open, body.event_action === 'resolve' ? 'resolved' : 'acknowledged', agent)
}
