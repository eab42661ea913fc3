import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { faultSchema, type Faults } from './faults.ts'
import { changeSchema, problemsOf } from './routing-config.ts'
import type { RoutingTable } from './routing-table.ts'

export interface AdminDeps {
  readonly table: RoutingTable
  readonly faults: Faults
  readonly exposition: () => string
  /** Called after every change of the table. */
  readonly onChange: () => void
}

interface AdminAnswer {
  readonly status: number
  readonly body: unknown
}

/** Answers `GET /routes`, `GET` and `PUT /routes/:service`, `PUT /faults/:service`, `GET /metrics` and `GET /healthz`. */
export async function answerAdmin(
  deps: AdminDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body } = await answerTo(deps, request).catch((error: unknown) => ({
    status: 500,
    body: { error: `the change was not applied: ${String(error)}` },
  }))
  const isText = typeof body === 'string'
  response.writeHead(status, { 'content-type': isText ? 'text/plain; version=0.0.4' : 'application/json' })
  response.end(isText ? body : JSON.stringify(body))
}

async function answerTo(deps: AdminDeps, request: IncomingMessage): Promise<AdminAnswer> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  const service = /^\/routes\/([^/]+)$/.exec(path)?.[1]
  const disturbed = /^\/faults\/([^/]+)$/.exec(path)?.[1]
  if (request.method === 'PUT' && disturbed !== undefined)
    return putFault(deps, disturbed, await readBody(request))
  if (request.method === 'PUT' && service !== undefined)
    return putRoutes(deps, service, await readBody(request))
  if (request.method !== 'GET')
    return { status: 405, body: { error: `${request.method} ${path} is not offered` } }
  if (path === '/healthz') return { status: 200, body: { status: 'ok' } }
  if (path === '/metrics') return { status: 200, body: deps.exposition() }
  if (path === '/routes') return { status: 200, body: { services: deps.table.all() } }
  const routes = service === undefined ? undefined : deps.table.routesOf(service)
  return routes ? { status: 200, body: { service, ...routes } } : notFound(deps, path)
}

function putRoutes(deps: AdminDeps, service: string, body: unknown): AdminAnswer {
  const change = changeSchema.safeParse(body)
  if (!change.success) return { status: 400, body: { error: problemsOf(change.error) } }
  const outcome = deps.table.replace(service, change.data.backends, change.data.ifGeneration)
  switch (outcome.kind) {
    case 'unknown-service':
      return notFound(deps, service)
    case 'stale': {
      const error = `${service} is at generation ${outcome.routes.generation}, not ${change.data.ifGeneration}`
      return { status: 409, body: { error, service, ...outcome.routes } }
    }
    case 'applied':
      deps.onChange()
      return { status: 200, body: { service, ...outcome.routes } }
  }
}

function putFault({ table, faults }: AdminDeps, service: string, body: unknown): AdminAnswer {
  const fault = faultSchema.safeParse(body)
  if (!fault.success) return { status: 400, body: { error: problemsOf(fault.error) } }
  if (table.routesOf(service) === undefined) return notFound({ table }, service)
  faults.set(service, fault.data)
  return { status: 200, body: { service, ...fault.data } }
}

function notFound({ table }: Pick<AdminDeps, 'table'>, what: string): AdminAnswer {
  return {
    status: 404,
    body: { error: `nothing at ${what}; services: ${Object.keys(table.all()).join(', ')}` },
  }
}

/** The JSON of the body; undefined, which no schema accepts, when it is not JSON. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  return json(request).catch(() => undefined)
}
