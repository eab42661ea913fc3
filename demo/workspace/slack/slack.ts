import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Faults } from '../faults.ts'
import type { Feed } from '../feed.ts'
import { sendText } from '../http.ts'
import type { Exchange } from '../http.ts'
import type { SlackContext } from './context.ts'
import { Events } from './events.ts'
import { Interactions } from './interactions.ts'
import { receiveUpload } from './methods/files.ts'
import { Modals } from './modals.ts'
import { RateLimits } from './rate-limits.ts'
import type { RateLimitMode } from './rate-limits.ts'
import { respond } from './response-url.ts'
import { SocketMode } from './socket-mode.ts'
import { SlackState } from './state.ts'
import type { SlackSeed } from './state.ts'
import { ResponseUrls, Triggers } from './triggers.ts'
import { WebApi } from './web-api.ts'

/** The Slack stand-in: its memory, its Web API and its sockets. */
export interface Slack {
  readonly context: SlackContext
  readonly interactions: Interactions
  readonly api: WebApi
  /** Takes `/api/*`, `/upload/*`, `/files-pri/*` and `/response/*`. */
  handle(exchange: Exchange): Promise<boolean>
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL): void
  close(): Promise<void>
}

/** Builds the stand-in; nothing listens yet, the workspace's HTTP server hands requests in. */
export function createSlack(seed: SlackSeed, rateLimits: RateLimitMode, feed: Feed, faults: Faults): Slack {
  const nowMs = (): number => Date.now()
  const state = new SlackState(seed, feed, nowMs)
  const sockets = new SocketMode(seed.appId, seed.timing, feed)
  const context: SlackContext = {
    state,
    sockets,
    faults,
    nowMs,
    events: new Events(state, sockets),
    modals: new Modals({ teamId: seed.teamId, appId: seed.appId, botId: state.botId }, feed),
    triggers: new Triggers(seed.timing.triggerLifeMs, nowMs),
    responseUrls: new ResponseUrls(seed.timing.responseUrlLifeMs, nowMs),
    rates: new RateLimits(rateLimits, nowMs),
  }
  const api = new WebApi(context)
  return {
    context,
    interactions: new Interactions(context, feed),
    api,
    handle: (exchange) => route(context, api, exchange),
    upgrade: (request, socket, head, url) =>
      sockets.upgrade(request, socket, head, url.searchParams.get('ticket') ?? ''),
    close: () => sockets.close(),
  }
}

async function route(context: SlackContext, api: WebApi, exchange: Exchange): Promise<boolean> {
  const [, area = '', first = '', second = ''] = exchange.url.pathname.split('/')
  if (area === 'api') await api.handle(exchange, first)
  else if (area === 'upload') takeUpload(context, exchange, second)
  else if (area === 'files-pri') sendFile(context, exchange, first)
  else if (area === 'response') respond(context, exchange, first)
  else return false
  return true
}

function takeUpload(context: SlackContext, exchange: Exchange, secret: string): void {
  const bytes = uploadBytes(exchange)
  const problem = receiveUpload(context, secret, bytes)
  sendText(exchange.response, problem ? 400 : 200, problem ?? `OK - ${bytes.length}`)
}

/** Uploads come as raw bytes or, from the SDK, as a multipart form with one part. */
function uploadBytes({ request, body }: Exchange): Buffer {
  const boundary = /boundary="?([^";]+)"?/.exec(request.headers['content-type'] ?? '')?.[1]
  if (!boundary) return body
  const start = body.indexOf('\r\n\r\n')
  const end = body.lastIndexOf(`\r\n--${boundary}--`)
  return start < 0 || end < 0 ? body : body.subarray(start + 4, end)
}

/** The page shows files without a token; it is the person's own browser. */
function sendFile(context: SlackContext, { response }: Exchange, id: string): void {
  const stored = context.state.files.get(id)
  if (!stored?.bytes) return sendText(response, 404, 'no such file')
  response.writeHead(200, {
    'content-type': stored.file.mimetype,
    'cache-control': 'private, max-age=3600',
    'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
  })
  response.end(stored.bytes)
}
