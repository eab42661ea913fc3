import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { perform } from './acts.ts'
import type { Act } from './acts.ts'
import type { Change, Feed } from './feed.ts'
import { header, jsonObject, sendJson, sendText } from './http.ts'
import type { Exchange } from './http.ts'
import { SlackApiError } from './slack/api-error.ts'
import { channelsFor, firstPerson, pagerdutyPanel, snapshot } from './snapshot.ts'
import type { Shown } from './snapshot.ts'

export interface DemoRoutes extends Shown {
  readonly feed: Feed
  readonly transcript: () => string
  readonly runControl: (id: string) => Promise<void>
}

const keepAliveMs = 15_000

/** `/demo/*`: state, live changes, acts and controls; everything else is the page. */
export async function demoRoute(routes: DemoRoutes, exchange: Exchange): Promise<boolean> {
  const { pathname, searchParams } = exchange.url
  const user = searchParams.get('as') ?? firstPerson(routes.slack.context.state.users.values())
  switch (`${exchange.method} ${pathname}`) {
    case 'GET /demo/state':
      sendJson(exchange.response, 200, snapshot(routes, user))
      return true
    case 'GET /demo/events':
      streamChanges(routes, exchange, user)
      return true
    case 'GET /demo/transcript':
      sendText(exchange.response, 200, routes.transcript())
      return true
    case 'POST /demo/act':
      await act(routes, exchange)
      return true
    default:
      return await otherRoute(routes, exchange)
  }
}

async function otherRoute(routes: DemoRoutes, exchange: Exchange): Promise<boolean> {
  const control =
    exchange.method === 'POST' ? /^\/demo\/controls\/([\w-]+)$/.exec(exchange.url.pathname)?.[1] : undefined
  if (control !== undefined) {
    await answer(exchange, async () => await routes.runControl(control))
    return true
  }
  return exchange.method === 'GET' || exchange.method === 'HEAD' ? await page(exchange) : false
}

/** `POST /demo/act {as, act, ...}`. JSON only, so that a foreign web page cannot click for its visitor. */
async function act(routes: DemoRoutes, exchange: Exchange): Promise<void> {
  const body = jsonObject(exchange.body)
  if (!body || typeof body.as !== 'string') {
    return sendJson(exchange.response, 400, {
      ok: false,
      error: 'send a JSON object with "as" (a user id) and "act"',
    })
  }
  const { as, ...rest } = body
  await answer(exchange, async () => await perform(routes, as as string, rest as Act))
}

/** Answers with the result, or 400 and a sentence. */
async function answer(exchange: Exchange, run: () => Promise<unknown>): Promise<void> {
  if (!(header(exchange.request, 'content-type') ?? '').startsWith('application/json')) {
    return sendJson(exchange.response, 415, { ok: false, error: 'send application/json' })
  }
  try {
    sendJson(exchange.response, 200, { ok: true, result: (await run()) ?? null })
  } catch (error) {
    const said =
      error instanceof SlackApiError ? error.error : error instanceof Error ? error.message : String(error)
    sendJson(exchange.response, 400, { ok: false, error: said })
  }
}

/** Server-sent events: a snapshot first (also after a reconnect), then every change this person may see. */
function streamChanges(routes: DemoRoutes, { response }: Exchange, user: string): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    connection: 'keep-alive',
  })
  const send = (event: string, data: unknown): void =>
    void response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  // A browser waits this long before it connects again.
  response.write('retry: 500\n\n')
  send('snapshot', snapshot(routes, user))
  const unsubscribe = routes.feed.subscribe((change) => {
    if (isFor(routes, change, user)) send('change', enriched(routes, change, user))
  })
  const alive = setInterval(() => response.write(': alive\n\n'), keepAliveMs)
  response.on('close', () => {
    clearInterval(alive)
    unsubscribe()
  })
}

function isFor({ slack }: DemoRoutes, change: Change, user: string): boolean {
  if ('user' in change) return change.user === user
  if (change.kind === 'message' || change.kind === 'messageDeleted') {
    return slack.context.state.channels.get(change.channel)?.members.has(user) ?? false
  }
  return true
}

/** Panels are small: they travel whole with their change. */
function enriched(routes: DemoRoutes, change: Change, user: string): unknown {
  switch (change.kind) {
    case 'channels':
      return { ...change, channels: channelsFor(routes, user) }
    case 'pagerduty':
      return { ...change, pagerduty: pagerdutyPanel(routes) }
    case 'mail':
      return { ...change, mails: routes.mail.mails() }
    case 'status':
      return { ...change, status: routes.status() }
    default:
      return change
  }
}

const pageFolder = new URL('./page/', import.meta.url)

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
}

/** The faces of Inter the page uses, by file name under `/fonts/`. */
const fonts: Readonly<Record<string, string>> = {
  'inter-400.ttf': '400Regular/Inter_400Regular.ttf',
  'inter-400i.ttf': '400Regular_Italic/Inter_400Regular_Italic.ttf',
  'inter-700.ttf': '700Bold/Inter_700Bold.ttf',
  'inter-900.ttf': '900Black/Inter_900Black.ttf',
}

/** Serves the page. Permalinks and PagerDuty links open it too; its script reads the address. */
async function page(exchange: Exchange): Promise<boolean> {
  const { pathname } = exchange.url
  const file = pageFile(pathname)
  if (!file) return false
  try {
    const bytes = await readFile(file)
    exchange.response.writeHead(200, {
      'content-type': contentTypes[extname(file.pathname)] ?? 'application/octet-stream',
      'cache-control': 'no-cache',
    })
    exchange.response.end(exchange.method === 'HEAD' ? undefined : bytes)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw cause
  }
}

function pageFile(pathname: string): URL | undefined {
  if (pathname === '/' || pathname.startsWith('/archives/') || pathname.startsWith('/pagerduty'))
    return new URL('index.html', pageFolder)
  const font = fonts[/^\/fonts\/([\w.-]+)$/.exec(pathname)?.[1] ?? '']
  if (font) return new URL(import.meta.resolve(`@expo-google-fonts/inter/${font}`))
  const name = /^\/page\/([\w-]+\.(?:js|css|svg))$/.exec(pathname)?.[1]
  return name ? new URL(name, pageFolder) : undefined
}

/** Where the page's files are, for tools that look at them. */
export const pageFolderPath = fileURLToPath(pageFolder)
