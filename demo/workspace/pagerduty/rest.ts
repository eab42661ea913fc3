import type { FaultAnswer, Faults } from '../faults.ts'
import { header, jsonObject, sendJson } from '../http.ts'
import type { Exchange } from '../http.ts'
import type { PagerDutyState } from './state.ts'
import type { Agent, IncidentRecord, IncidentStatus, PagerDutyPerson } from './types.ts'
import type { Wire } from './wire.ts'

type Json = Record<string, unknown>

/** A refusal in PagerDuty's own shape. */
class Refusal extends Error {
  readonly status: number
  readonly body: Json

  constructor(status: number, code: number, message: string, errors?: readonly string[]) {
    super(message)
    this.status = status
    this.body = { error: { message, code, ...(errors ? { errors } : {}) } }
  }
}

const notFound = (): Refusal => new Refusal(404, 2100, 'Not Found')
const invalid = (...errors: string[]): Refusal => new Refusal(400, 2001, 'Invalid Input Provided', errors)

const perMinute = 960

export interface RestOptions {
  readonly token: string
  readonly limited: boolean
}

/** PagerDuty's REST API v2, as much of it as incident tools use. */
export class Rest {
  readonly #state: PagerDutyState
  readonly #wire: Wire
  readonly #faults: Faults
  readonly #options: RestOptions
  #window = { startMs: 0, used: 0 }

  constructor(state: PagerDutyState, wire: Wire, faults: Faults, options: RestOptions) {
    this.#state = state
    this.#wire = wire
    this.#faults = faults
    this.#options = options
  }

  /** Answers one call below the API's root; `path` starts with a slash. */
  handle(exchange: Exchange, path: string): void {
    const fault = this.#faults.take(`${exchange.method} ${path}`)
    const headers = this.#limitHeaders()
    if (fault && refuse(exchange, fault, headers)) return
    const { status, body } = this.#answer(exchange, path, Number(headers['ratelimit-remaining']) < 0)
    if (fault?.kind === 'silentAfterAccepting')
      return void setTimeout(() => exchange.response.destroy(), fault.holdMs).unref()
    if (fault?.kind === 'delay')
      return void setTimeout(() => sendJson(exchange.response, status, body, headers), fault.delayMs).unref()
    sendJson(exchange.response, status, body, headers)
  }

  #limitHeaders(): Record<string, string> {
    const nowMs = Date.now()
    if (nowMs - this.#window.startMs >= 60_000) this.#window = { startMs: nowMs, used: 0 }
    this.#window.used += this.#options.limited ? 1 : 0
    const resetSec = Math.ceil((this.#window.startMs + 60_000 - nowMs) / 1000)
    return {
      'ratelimit-limit': String(perMinute),
      'ratelimit-remaining': String(perMinute - this.#window.used),
      'ratelimit-reset': String(resetSec),
    }
  }

  #answer(exchange: Exchange, path: string, overLimit: boolean): { status: number; body: Json } {
    try {
      this.#authenticate(exchange)
      if (overLimit) throw new Refusal(429, 2020, 'Rate Limit Exceeded')
      return this.#route(exchange, path)
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: error.body }
      throw error
    }
  }

  #authenticate({ request }: Exchange): void {
    const given = header(request, 'authorization') ?? ''
    const token = /^Token token=(.+)$/.exec(given)?.[1] ?? /^Bearer (.+)$/.exec(given)?.[1]
    if (token !== this.#options.token) throw new Refusal(401, 2006, 'Authentication failed')
  }

  #route(exchange: Exchange, path: string): { status: number; body: Json } {
    const [, area = '', id, part] = path.split('/')
    const call = `${exchange.method} /${[area, id ? ':id' : '', part].filter(Boolean).join('/')}`
    switch (call) {
      case 'GET /abilities':
        return ok({ abilities: ['teams', 'urgencies', 'service_support_hours', 'response_plays'] })
      case 'GET /users':
        return ok(
          pageOf(
            'users',
            this.#state.people.map((person) => this.#wire.user(person)),
            exchange.url,
          ),
        )
      case 'GET /services':
        return ok(
          pageOf(
            'services',
            this.#state.services.map((service) =>
              this.#wire.service(service, this.#serviceStatus(service.id)),
            ),
            exchange.url,
          ),
        )
      case 'GET /incidents':
        return ok(this.#list(exchange.url))
      case 'PUT /incidents':
        return ok(this.#updateMany(exchange))
      default:
        return this.#incidentRoute(exchange, call, id ?? '')
    }
  }

  #incidentRoute(exchange: Exchange, call: string, id: string): { status: number; body: Json } {
    if (!call.includes(' /incidents/:id')) return this.#subscriptionRoute(exchange, call, id)
    const incident = this.#state.incident(id)
    if (!incident) throw notFound()
    switch (call) {
      case 'GET /incidents/:id':
        return ok({ incident: this.#wire.incident(incident) })
      case 'PUT /incidents/:id':
        return ok({
          incident: this.#update(incident, object(jsonBody(exchange).incident), this.#requester(exchange)),
        })
      case 'GET /incidents/:id/notes':
        return ok({ notes: incident.notes.map((note) => this.#wire.note(note)) })
      case 'POST /incidents/:id/notes':
        return { status: 201, body: { note: this.#wire.note(this.#annotate(exchange, incident)) } }
      case 'GET /incidents/:id/alerts':
        return ok(
          pageOf(
            'alerts',
            incident.alerts.map((alert) => this.#wire.alert(incident, alert)),
            exchange.url,
          ),
        )
      default:
        throw notFound()
    }
  }

  #subscriptionRoute(exchange: Exchange, call: string, id: string): { status: number; body: Json } {
    const { webhooks } = this.#state
    if (call === 'GET /webhook_subscriptions') {
      return ok(pageOf('webhook_subscriptions', webhooks.subscriptions.map(subscriptionObject), exchange.url))
    }
    const subscription = webhooks.subscriptions.find((entry) => entry.id === id)
    if (!subscription || call !== 'POST /webhook_subscriptions/:id/enable') throw notFound()
    Object.assign(subscription, { active: true, droppedInARow: 0, disabledUntilMs: undefined })
    return ok({ webhook_subscription: subscriptionObject(subscription) })
  }

  #serviceStatus(serviceId: string): string {
    const open = this.#state.incidents.filter(
      (incident) => incident.service.id === serviceId && incident.status !== 'resolved',
    )
    if (open.some((incident) => incident.status === 'triggered')) return 'critical'
    return open.length > 0 ? 'warning' : 'active'
  }

  #list(url: URL): Json {
    const all = [...this.#state.incidents].filter(matching(url.searchParams)).reverse()
    return pageOf(
      'incidents',
      all.map((incident) => this.#wire.incident(incident)),
      url,
    )
  }

  #annotate(exchange: Exchange, incident: IncidentRecord): ReturnType<PagerDutyState['annotate']> {
    const person = this.#requester(exchange)
    const content = object(jsonBody(exchange).note).content
    if (typeof content !== 'string' || content === '') throw invalid('Content cannot be empty.')
    if (content.length > 25_000) throw invalid('Content is too long (maximum is 25000 characters)')
    return this.#state.annotate(incident, content, person)
  }

  #updateMany(exchange: Exchange): Json {
    const person = this.#requester(exchange)
    const changes = jsonBody(exchange).incidents
    if (!Array.isArray(changes) || changes.length === 0) throw invalid('Incidents cannot be empty.')
    const found = changes.map((change) => ({
      change: object(change),
      incident: this.#state.incident(String(object(change).id)),
    }))
    if (found.some(({ incident }) => !incident)) throw notFound()
    return {
      incidents: found.map(({ change, incident }) =>
        this.#update(incident as IncidentRecord, change, person),
      ),
    }
  }

  #update(incident: IncidentRecord, change: Json, person: PagerDutyPerson): Json {
    const agent: Agent = { kind: 'person', person }
    const { status, title } = change
    if (status !== undefined && !['triggered', 'acknowledged', 'resolved'].includes(String(status)))
      throw invalid('Status must be either acknowledged or resolved')
    const touched = status !== undefined || change.escalation_level !== undefined
    if (incident.status === 'resolved' && touched && status !== 'triggered')
      throw invalid('Incident Already Resolved')
    const level = this.#levelOf(change)
    if (typeof title === 'string' && title !== '') this.#state.retitle(incident, title)
    if (level !== null) this.#state.escalate(incident, agent, level)
    if (status !== undefined)
      this.#state.setStatus(
        incident,
        status as IncidentStatus,
        agent,
        typeof change.resolution === 'string' ? change.resolution : null,
      )
    return this.#wire.incident(incident)
  }

  /** `escalation_level`: a level of the policy, the first is 1; null when the change names none. */
  #levelOf({ escalation_level: level }: Json): number | null {
    if (level === undefined) return null
    const levels = this.#state.people.length
    if (typeof level === 'number' && Number.isInteger(level) && level >= 1 && level <= levels) return level
    throw invalid('Escalation level is invalid')
  }

  /** Writes need a `From` header with the e-mail address of a user of the account. */
  #requester({ request }: Exchange): PagerDutyPerson {
    const from = header(request, 'from')
    if (!from) throw invalid('From header is required')
    const person = this.#state.people.find((entry) => entry.email.toLowerCase() === from.toLowerCase())
    if (!person) throw new Refusal(400, 1008, 'Requester User Not Found')
    return person
  }
}

function refuse({ response }: Exchange, fault: FaultAnswer, headers: Record<string, string>): boolean {
  if (fault.kind === 'rateLimited') {
    const limited = { ...headers, 'ratelimit-remaining': '0', 'ratelimit-reset': String(fault.retryAfterSec) }
    sendJson(response, 429, { error: { message: 'Rate Limit Exceeded', code: 2020 } }, limited)
  } else if (fault.kind === 'status') {
    response.writeHead(fault.status, { 'content-type': 'text/html' })
    response.end(fault.body ?? `<html><body>${fault.status}</body></html>`)
  } else if (fault.kind === 'error')
    sendJson(response, 400, { error: { message: fault.error, code: 2001 } }, headers)
  else return false
  return true
}

const ok = (body: Json): { status: number; body: Json } => ({ status: 200, body })

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}

function jsonBody(exchange: Exchange): Json {
  const body = jsonObject(exchange.body)
  if (!body) throw invalid('Request body is not valid JSON')
  return body
}

function pageOf(name: string, all: readonly Json[], url: URL): Json {
  const limit = Math.min(100, Number(lastOf(url, 'limit') ?? 25) || 25)
  const offset = Number(lastOf(url, 'offset') ?? 0) || 0
  if (limit < 0 || offset < 0) throw invalid('limit and offset must not be negative')
  return {
    [name]: all.slice(offset, offset + limit),
    limit,
    offset,
    total: null,
    more: offset + limit < all.length,
  }
}

/** A parameter given twice counts as its last value; pdjs appends the next page's offset that way. */
const lastOf = (url: URL, name: string): string | undefined => url.searchParams.getAll(name).at(-1)

function matching(query: URLSearchParams): (incident: IncidentRecord) => boolean {
  const statuses = query.getAll('statuses[]')
  const services = query.getAll('service_ids[]')
  const since = timeOf(query.get('since'), Number.NEGATIVE_INFINITY)
  const until = timeOf(query.get('until'), Number.POSITIVE_INFINITY)
  return (incident) =>
    (statuses.length === 0 || statuses.includes(incident.status)) &&
    (services.length === 0 || services.includes(incident.service.id)) &&
    incident.createdMs >= since &&
    incident.createdMs < until
}

function timeOf(value: string | null, fallback: number): number {
  if (value === null) return fallback
  const ms = Date.parse(value)
  if (Number.isNaN(ms)) throw invalid('since and until must be ISO 8601 times')
  return ms
}

const subscriptionObject = (subscription: PagerDutyState['webhooks']['subscriptions'][number]): Json => ({
  id: subscription.id,
  type: 'webhook_subscription',
  active: subscription.active,
  delivery_method: {
    type: 'http_delivery_method',
    url: subscription.url,
    temporarily_disabled: !subscription.active,
  },
  filter: { type: 'account_reference' },
})
