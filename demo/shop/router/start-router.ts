import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { CcpError } from '../../../src/pipeline/errors.ts'
import { answerAdmin } from './admin-api.ts'
import { Connections } from './connections.ts'
import { drainable } from './drainable.ts'
import { Faults } from './faults.ts'
import { forward } from './forward.ts'
import { RouterMetrics } from './router-metrics.ts'
import type { RouterConfig } from './routing-config.ts'
import { RoutingTable } from './routing-table.ts'

export interface RunningRouter {
  readonly adminPort: number
  /** The port of each service's listener. */
  readonly ports: Readonly<Record<string, number>>
  /** Stops accepting, lets requests in flight finish for at most `graceMs`. */
  readonly stop: (graceMs: number) => Promise<void>
}

/** Opens a listener for each service and one for administration. Throws CcpError `conflict` for a port in use. */
export async function startRouter(config: RouterConfig): Promise<RunningRouter> {
  const table = new RoutingTable(config)
  const metrics = new RouterMetrics()
  const faults = new Faults()
  const connections = new Connections()
  const onChange = () => {
    const backends = Object.values(table.all()).flatMap((routes) => routes.backends)
    connections.keepOnly(new Set(backends.map(({ url }) => url)))
  }
  const exposition = () => metrics.exposition(table.all())
  const drains: ((graceMs: number) => Promise<void>)[] = []
  const open = async (port: number, listener: RequestListener): Promise<number> => {
    const server = createServer(listener)
    server.keepAliveTimeout = 60_000
    const openedPort = await listen(server, port, config.host)
    drains.push(drainable(server))
    return openedPort
  }
  const stop = (graceMs: number) => Promise.all(drains.map((drain) => drain(graceMs))).then(() => {})
  try {
    const ports: Record<string, number> = {}
    for (const [service, { port }] of Object.entries(config.services))
      ports[service] = await open(port, (incoming, outgoing) => void route(service, incoming, outgoing))
    const adminPort = await open(config.adminPort, (incoming, outgoing) => {
      void answerAdmin({ table, faults, exposition, onChange }, incoming, outgoing)
    })
    return { adminPort, ports, stop }
  } catch (error) {
    await stop(0)
    throw error
  }

  async function route(service: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const started = performance.now()
    const fault = faults.next(service)
    const backend = fault === undefined ? table.next(service) : undefined
    const code = backend
      ? await forward({ incoming, outgoing, backend, connections })
      : answerItself(incoming, outgoing, fault ?? 503, fault === undefined ? unrouted(service) : UNREACHED)
    metrics.observe(service, backend?.version ?? 'none', code, (performance.now() - started) / 1000)
  }
}

const UNREACHED = 'the connection was reset before an answer came'

function unrouted(service: string): string {
  return `no version of ${service} takes traffic`
}

function answerItself(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  status: number,
  error: string,
): number {
  incoming.resume()
  outgoing.writeHead(status, { 'content-type': 'application/json' })
  outgoing.end(JSON.stringify({ error }))
  return status
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE'
      const what = isTaken ? 'is in use' : `cannot be opened: ${cause.message}`
      const mend = isTaken ? 'Stop what listens there, or configure another port.' : undefined
      reject(
        new CcpError(isTaken ? 'conflict' : 'unavailable', `port ${port} on ${host} ${what}`, {
          mend,
          cause,
        }),
      )
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}
