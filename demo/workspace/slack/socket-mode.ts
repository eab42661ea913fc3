import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Feed } from '../feed.ts'
import { newEnvelopeId, newId } from './ids.ts'
import { limits } from './limits.ts'
import type { Fields, SlackTiming } from './types.ts'

export type EnvelopeType = 'interactive' | 'events_api' | 'slash_commands'

/** How the app answered an envelope: in time (perhaps with a payload), too late, or not at all. */
export type Ack =
  | { readonly kind: 'acked'; readonly payload: Fields; readonly tookMs: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'notConnected' }

interface Waiting {
  readonly socket: WebSocket
  readonly sentMs: number
  readonly settle: (ack: Ack) => void
  readonly timer: NodeJS.Timeout
}

const pingEveryMs = 10_000
const closePatienceMs = 300

/** Slack's end of Socket Mode: tickets, connections, envelopes and their acknowledgements. */
export class SocketMode {
  readonly #server = new WebSocketServer({ noServer: true })
  readonly #sockets: WebSocket[] = []
  readonly #tickets = new Set<string>()
  readonly #waiting = new Map<string, Waiting>()
  readonly #redeliveries = new Set<NodeJS.Timeout>()
  readonly #pings: NodeJS.Timeout
  readonly #timing: SlackTiming
  readonly #appId: string
  readonly #feed: Feed
  #turn = 0
  #closed = false

  constructor(appId: string, timing: SlackTiming, feed: Feed) {
    this.#appId = appId
    this.#timing = timing
    this.#feed = feed
    // The client gives a connection up when no ping has come for 30 s.
    this.#pings = setInterval(() => this.#sockets.forEach((socket) => socket.ping()), pingEveryMs)
    this.#pings.unref()
  }

  get connections(): number {
    return this.#sockets.length
  }

  /** A ticket for one connection, as `apps.connections.open` hands out. */
  newTicket(): string {
    const ticket = newId('')
    this.#tickets.add(ticket)
    return ticket
  }

  /** Takes over an HTTP upgrade; a ticket is good for one connection. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, ticket: string): void {
    if (!this.#tickets.delete(ticket)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
      return
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#welcome(ws))
  }

  #welcome(socket: WebSocket): void {
    if (this.#sockets.length >= limits.socketConnections) {
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets' }))
      socket.close()
      return
    }
    this.#sockets.push(socket)
    socket.on('message', (data) => this.#received(String(data as Buffer)))
    socket.on('close', () => this.#left(socket))
    socket.on('error', () => socket.terminate())
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.#sockets.length,
        connection_info: { app_id: this.#appId },
        debug_info: { host: 'workspace', approximate_connection_time: 18_060 },
      }),
    )
    this.#feed.publish({ kind: 'connections', count: this.#sockets.length })
  }

  #left(socket: WebSocket): void {
    const index = this.#sockets.indexOf(socket)
    if (index >= 0) this.#sockets.splice(index, 1)
    this.#feed.publish({ kind: 'connections', count: this.#sockets.length })
  }

  #received(data: string): void {
    const message = parse(data)
    const id = typeof message.envelope_id === 'string' ? message.envelope_id : ''
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    this.#settle(id, {
      kind: 'acked',
      payload: (message.payload ?? {}) as Fields,
      tookMs: Date.now() - waiting.sentMs,
    })
  }

  #settle(id: string, ack: Ack): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    clearTimeout(waiting.timer)
    this.#waiting.delete(id)
    waiting.settle(ack)
  }

  /** Sends one envelope on one of the connections and waits for its acknowledgement, 3 s at most. */
  deliver(type: EnvelopeType, payload: Fields, extra: Fields = {}): Promise<Ack> {
    const open = this.#sockets.filter((socket) => socket.readyState === socket.OPEN)
    const socket = open[this.#turn++ % Math.max(1, open.length)]
    if (!socket) return Promise.resolve({ kind: 'notConnected' })
    const id = newEnvelopeId()
    return new Promise((settle) => {
      const timer = setTimeout(() => this.#settle(id, { kind: 'timeout' }), this.#timing.ackTimeoutMs)
      this.#waiting.set(id, { socket, sentMs: Date.now(), settle, timer })
      socket.send(
        JSON.stringify({
          envelope_id: id,
          type,
          accepts_response_payload: type !== 'events_api',
          payload,
          ...extra,
        }),
      )
    })
  }

  /** Delivers an event and, where it is not acknowledged, again: at once, after one minute, after five. */
  async deliverEvent(payload: Fields, attempt = 0): Promise<void> {
    const extra = { retry_attempt: attempt, retry_reason: attempt > 0 ? 'timeout' : '' }
    const ack = await this.deliver('events_api', payload, extra)
    const delayMs = this.#timing.redeliveryDelaysMs[attempt]
    if (ack.kind === 'acked' || delayMs === undefined || this.#closed) return
    const timer = setTimeout(() => {
      this.#redeliveries.delete(timer)
      void this.deliverEvent(payload, attempt + 1)
    }, delayMs)
    this.#redeliveries.add(timer)
  }

  /** Asks every connection to come back on a new one, as Slack does every few hours. */
  requestRefresh(): void {
    for (const socket of this.#sockets) {
      socket.send(
        JSON.stringify({
          type: 'disconnect',
          reason: 'refresh_requested',
          debug_info: { host: 'workspace' },
        }),
      )
    }
  }

  /** Cuts every connection without a word, as a broken network does. */
  cutConnections(): void {
    for (const socket of [...this.#sockets]) socket.terminate()
  }

  /** Says goodbye to every connection and waits a moment for the app's close frame. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#pings)
    for (const timer of this.#redeliveries) clearTimeout(timer)
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { kind: 'notConnected' })
    const goodbyes = this.#sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const socket of this.#sockets) socket.close(1001)
    const patience = setTimeout(() => this.cutConnections(), closePatienceMs)
    await Promise.all(goodbyes)
    clearTimeout(patience)
    this.#server.close()
  }
}

function parse(data: string): Fields {
  try {
    return JSON.parse(data) as Fields
  } catch {
    // Slack ignores frames it cannot read.
    return {}
  }
}
