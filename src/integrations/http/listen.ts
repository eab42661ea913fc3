import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CcpError } from '../../pipeline/errors.ts'

export interface Request {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Larger bodies are refused; 256 KiB unless told. */
  readonly mostBytes?: number
  handle(request: Request): Answer | Promise<Answer>
}

export interface Listening {
  readonly url: string
  close(): Promise<void>
}

const MAX_BODY_BYTES = 256 * 1024

/** Serves the routes. Throws `conflict` if the port is taken and `bad-config` if it may not be opened. */
export async function listen(routes: readonly Route[], host: string, port: number): Promise<Listening> {
  const server = createServer((request, response) => void serve(routes, request, response))
  server.requestTimeout = 10_000
  server.headersTimeout = 5_000
  await open(server, host, port)
  const { port: actual } = server.address() as AddressInfo
  return {
    url: `http://${reachable(host)}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The address at which this machine itself reaches a listener. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function open(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)))
    server.listen(port, host, resolve)
  })
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): CcpError {
  if (error.code === 'EADDRINUSE') {
    return new CcpError('conflict', `port ${port} on ${host} is in use by another program`, {
      mend: 'stop it, or set CCP_PORT to a free port (0 picks one)',
      cause: error,
    })
  }
  return new CcpError('bad-config', `cannot listen on ${host}:${port}: ${error.message}`, {
    mend: 'set CCP_HOST and CCP_PORT to an address that this user may open',
    cause: error,
  })
}

async function serve(
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = await answerTo(routes, request)
  const text = JSON.stringify(answer.body)
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
  response.end(text)
}

async function answerTo(routes: readonly Route[], request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  const here = routes.filter((route) => route.path === path)
  if (here.length === 0) return { status: 404, body: { error: `nothing is served at ${path}` } }
  const route = here.find((candidate) => candidate.method === request.method)
  if (route === undefined) return { status: 405, body: { error: `${path} does not take ${request.method}` } }
  try {
    const { mostBytes = MAX_BODY_BYTES } = route
    const body = await readBody(request, mostBytes)
    if (body === null) return { status: 413, body: { error: `the body is larger than ${mostBytes} bytes` } }
    return await route.handle({ headers: singleHeaders(request), body })
  } catch (error) {
    return { status: 500, body: { error: error instanceof Error ? error.message : 'failed' } }
  }
}

async function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer | null> {
  const parts: Buffer[] = []
  let bytes = 0
  // Read to its end even when it is too large: a request that is cut off never sees the answer.
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes <= mostBytes) parts.push(part)
  }
  return bytes > mostBytes ? null : Buffer.concat(parts)
}

function singleHeaders(request: IncomingMessage): Record<string, string | undefined> {
  const entries = Object.entries(request.headers)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  )
}
