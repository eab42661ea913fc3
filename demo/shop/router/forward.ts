import { request, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Connections } from './connections.ts'
import type { Backend } from './routing-config.ts'

const TIMEOUT_MS = 30_000
/** Bodies up to this size are read first, so that a request can be sent again; larger ones are streamed. */
const REPLAYABLE_BYTES = 64 * 1024
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

export interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly backend: Backend
  readonly connections: Connections
}

/**
 * Passes a request to its backend and the answer back; resolves with the code to count it under, never rejects: the
 * backend's status, 502 when it cannot be reached or breaks off, 504 when it is silent, 499 when the caller has gone.
 */
export async function forward(exchange: Exchange): Promise<number> {
  const size = Number(exchange.incoming.headers['content-length'] ?? 0)
  const isReplayable =
    size <= REPLAYABLE_BYTES && exchange.incoming.headers['transfer-encoding'] === undefined
  if (!isReplayable) return attempt(exchange, undefined)
  try {
    return await attempt(exchange, size === 0 ? Buffer.alloc(0) : await readWhole(exchange.incoming))
  } catch {
    return 499
  }
}

function attempt(exchange: Exchange, body: Buffer | undefined, isRetry = false): Promise<number> {
  const { incoming, outgoing, backend, connections } = exchange
  const { hostname, port } = new URL(backend.url)
  const passed = request({
    hostname,
    port,
    // As it came: resolved against a base, `//elsewhere/` would name another host.
    path: incoming.url,
    method: incoming.method,
    headers: withoutHopByHop(incoming.headers),
    agent: connections.agentFor(backend.url),
  })
  return new Promise((resolve) => {
    let answered: IncomingMessage | undefined
    const callerGone = () => {
      passed.destroy()
      resolve(499)
    }
    const settle = (code: number) => {
      outgoing.off('close', callerGone)
      resolve(code)
    }
    outgoing.once('close', callerGone)
    passed.setTimeout(TIMEOUT_MS, () => {
      settle(fail(exchange, 504, `did not answer within ${TIMEOUT_MS} ms`))
      passed.destroy()
    })
    passed.on('error', (error: NodeJS.ErrnoException) => {
      if (outgoing.writableEnded || outgoing.destroyed || answered !== undefined) return
      if (body !== undefined && !isRetry && wasClosedWhileIdle(passed, error)) {
        outgoing.off('close', callerGone)
        resolve(attempt(exchange, body, true))
      } else settle(fail(exchange, 502, error.code ?? error.message))
    })
    passed.on('response', (response) => {
      answered = response
      const status = response.statusCode ?? 502
      outgoing.writeHead(status, { ...withoutHopByHop(response.headers), 'x-served-by': backend.version })
      response.pipe(outgoing)
      // The end of the answer to the caller: everything has been handed to the socket.
      outgoing.once('finish', () => settle(status))
      response.once('error', () => settle(fail(exchange, 502, 'broke off')))
    })
    if (body === undefined) incoming.pipe(passed)
    else passed.end(body)
  })
}

/** Rejects when the caller goes away before the end. */
function readWhole(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.once('end', () => resolve(Buffer.concat(chunks)))
    incoming.once('error', reject)
  })
}

/** Tells the caller, or cuts it off where an answer has begun. */
function fail({ outgoing, backend }: Exchange, code: number, reason: string): number {
  if (outgoing.headersSent) {
    outgoing.destroy()
    return code
  }
  const content = JSON.stringify({ error: `version ${backend.version} at ${backend.url}: ${reason}` })
  outgoing.writeHead(code, { 'content-type': 'application/json', 'x-served-by': backend.version })
  outgoing.end(content)
  return code
}

/** The backend closed a kept-alive connection just as it was used again; nothing of the request was processed. */
function wasClosedWhileIdle(passed: ClientRequest, error: NodeJS.ErrnoException): boolean {
  return passed.reusedSocket && error.code === 'ECONNRESET'
}

function withoutHopByHop<T>(headers: Readonly<Record<string, T>>): Record<string, T> {
  const kept = { ...headers }
  for (const name of HOP_BY_HOP) delete kept[name]
  return kept
}
