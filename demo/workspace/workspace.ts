import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { perform } from './acts.ts'
import type { Act, ActResult } from './acts.ts'
import { demoRoute } from './demo-routes.ts'
import type { DemoRoutes } from './demo-routes.ts'
import { Faults } from './faults.ts'
import { Feed } from './feed.ts'
import type { ModalState, PendingClick } from './feed.ts'
import { readBody, sendJson } from './http.ts'
import type { Exchange } from './http.ts'
import { startMailSink } from './mail/sink.ts'
import type { MailSink, ReceivedMail } from './mail/sink.ts'
import { resolveOptions } from './options.ts'
import type { ResolvedOptions, WorkspaceOptions } from './options.ts'
import { createPagerDuty } from './pagerduty/pagerduty.ts'
import type { PagerDuty } from './pagerduty/pagerduty.ts'
import type { Entered } from './slack/elements.ts'
import type { RateLimitMode } from './slack/rate-limits.ts'
import { createSlack } from './slack/slack.ts'
import type { Slack } from './slack/slack.ts'
import type { Ack } from './slack/socket-mode.ts'
import type { SubmitOutcome, Values } from './slack/submissions.ts'
import type { SlackMessage } from './slack/types.ts'
import type { ApiCall } from './slack/web-api.ts'
import type { Status } from './snapshot.ts'
import { transcript } from './transcript.ts'

/** One person's hands. Every method throws a sentence when the person could not do that. */
export interface Actor {
  /** Clicks a button or picks in a select; resolves when the app has acknowledged, or after 3 s. */
  click(target: {
    channel?: string
    ts?: string
    viewId?: string
    actionId: string
    blockId?: string
    value?: Entered
  }): Promise<Ack>
  submitModal(input: { values?: Values }): Promise<SubmitOutcome>
  closeModal(): Promise<void>
  /** Posts in a channel, or in a thread when `threadTs` is given; answers the message's ts. */
  post(text: string, threadTs?: string, channel?: string): Promise<string>
  slash(line: string, channel?: string): Promise<Ack>
  /** Adds the reaction, or takes it back. */
  react(ts: string, name: string, channel?: string): Promise<void>
  openHome(): Promise<void>
}

/** A running workspace: the page, Slack, PagerDuty and SMTP on loopback ports. */
export interface Workspace {
  readonly url: string
  /** For `clientOptions.slackApiUrl`; ends with a slash. */
  readonly slackApiUrl: string
  /** Root of REST v2. It contains `.com/` because pdjs reads the resource's name from there. */
  readonly pagerdutyUrl: string
  /** `POST` here for the Events API v2. */
  readonly pagerdutyEventsUrl: string
  readonly smtp: { readonly host: string; readonly port: number }
  readonly tokens: { readonly bot: string; readonly app: string; readonly pagerduty: string }
  readonly botUserId: string
  readonly channels: readonly { readonly id: string; readonly name: string }[]
  readonly pagerduty: PagerDuty
  /** Faults of the Slack Web API, by method name; PagerDuty has its own in `pagerduty.faults`. */
  readonly faults: Faults
  readonly mail: MailSink
  actAs(userId: string): Actor
  /** Messages of a channel (id or name), oldest first, replies included. */
  messages(channel: string): readonly SlackMessage[]
  /** A root message and its replies. */
  thread(rootTs: string, channel?: string): readonly SlackMessage[]
  ephemerals(userId: string): readonly SlackMessage[]
  openModal(userId: string): ModalState | null
  pendingClicks(userId: string): readonly PendingClick[]
  mails(): readonly ReceivedMail[]
  apiCalls(): readonly ApiCall[]
  connections(): number
  /** Resolves with the probe's first truthy answer; asked after every change, never by polling. */
  waitFor<T>(probe: () => T | undefined | null | false, timeoutMs: number, what?: string): Promise<T>
  transcript(): string
  setStatus(text: string, tone?: Status['tone']): void
  onControl(run: (id: string) => void | Promise<void>): void
  setRateLimits(mode: RateLimitMode): void
  /** Deletes a message as a workspace admin would, e.g. a thread's root. */
  deleteMessage(channel: string, ts: string): void
  /** Sends `disconnect` (refresh requested) on every Socket Mode connection. */
  requestRefresh(): void
  /** Cuts every Socket Mode connection without a close frame. */
  cutConnections(): void
  /** Cuts every open page's change stream; pages come back by themselves. */
  cutPages(): void
  close(): Promise<void>
}

const host = '127.0.0.1'

/** Starts a workspace. Rejects with a sentence when an option is wrong or a port is taken. */
export async function startWorkspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const resolved = resolveOptions(options)
  const feed = new Feed()
  const place = { url: '' }
  const faults = new Faults()
  const slack = createSlack(
    slackSeed(resolved, () => place.url),
    resolved.rateLimits,
    feed,
    faults,
  )
  const pagerduty = createPagerDuty(
    pagerdutySeed(resolved, () => place.url),
    feed,
  )
  const mail = await startMailSink(resolved.smtpPort, feed)
  let status: Status = { text: '', tone: 'idle' }
  let runControl = options.onControl
  const routes: DemoRoutes = {
    slack,
    pagerduty,
    mail,
    feed,
    commands: resolved.commands,
    controls: resolved.controls,
    guide: resolved.guide,
    status: () => status,
    transcript: () => transcript(slack.context.state, pagerduty, mail),
    runControl: async (id) => {
      if (!resolved.controls.some((control) => control.id === id) || !runControl)
        throw new Error(`there is no control "${id}"`)
      await runControl(id)
    },
  }
  const server = httpServer(routes)
  try {
    place.url = `http://${host}:${await listen(server, resolved.port)}`
  } catch (cause) {
    await mail.close()
    await slack.close()
    throw cause
  }
  return workspaceOf(resolved, routes, {
    url: place.url,
    setStatus: (next) => {
      status = next
      feed.publish({ kind: 'status' })
    },
    onControl: (run) => (runControl = run),
    cutPages: () => server.closeAllConnections(),
    stop: async () => {
      await slack.close()
      pagerduty.close()
      server.closeAllConnections()
      await Promise.all([new Promise((resolve) => server.close(resolve)), mail.close()])
    },
  })
}

const slackSeed = (resolved: ResolvedOptions, baseUrl: () => string): Parameters<typeof createSlack>[0] => ({
  teamId: resolved.teamId,
  teamName: resolved.teamName,
  appId: 'ALOCALAPP1',
  botName: resolved.botName,
  botToken: resolved.botToken,
  appToken: resolved.appToken,
  users: resolved.users,
  channels: resolved.channels,
  timing: resolved.timing,
  baseUrl,
})

const pagerdutySeed = (
  resolved: ResolvedOptions,
  baseUrl: () => string,
): Parameters<typeof createPagerDuty>[0] => ({
  token: resolved.pagerdutyToken,
  people: resolved.users.map(({ id, name, email }) => ({ id, name, email })),
  services: resolved.services,
  timing: resolved.webhookTiming,
  limited: resolved.rateLimits !== 'off',
  apiUrl: () => `${baseUrl()}/api.pagerduty.com`,
  webUrl: () => `${baseUrl()}/pagerduty`,
  ...(resolved.webhook ? { webhook: resolved.webhook } : {}),
})

function httpServer(routes: DemoRoutes): Server {
  const server = createServer((request, response) => void serve(routes, request, response))
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', `http://${host}`)
    if (url.pathname === '/link') routes.slack.upgrade(request, socket, head, url)
    else (socket as Socket).destroy()
  })
  return server
}

async function serve(routes: DemoRoutes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', `http://${host}`)
    const exchange: Exchange = {
      request,
      response,
      url,
      method: request.method ?? 'GET',
      body: await readBody(request),
    }
    const taken =
      (await routes.slack.handle(exchange)) ||
      routes.pagerduty.handle(exchange) ||
      (await demoRoute(routes, exchange))
    if (!taken)
      sendJson(response, 404, { ok: false, error: `nothing answers ${exchange.method} ${url.pathname}` })
  } catch (error) {
    const tooLarge = error instanceof RangeError
    sendJson(response, tooLarge ? 413 : 500, {
      ok: false,
      error: error instanceof Error ? error.message : String(error),
    })
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new Error(
          cause.code === 'EADDRINUSE'
            ? `port ${port} is in use; choose another port for the workspace, or 0 for any free one`
            : `the workspace cannot listen on port ${port}: ${cause.message}`,
          { cause },
        ),
      ),
    )
    server.listen(port, host, resolve)
  })
  return (server.address() as AddressInfo).port
}

interface Running {
  readonly url: string
  readonly setStatus: (status: Status) => void
  readonly onControl: Workspace['onControl']
  readonly cutPages: () => void
  readonly stop: () => Promise<void>
}

function workspaceOf(resolved: ResolvedOptions, routes: DemoRoutes, running: Running): Workspace {
  const { slack, pagerduty, mail, feed } = routes
  const { state, modals, sockets, rates, faults } = slack.context
  const idOf = (channel: string): string => state.channel(channel).id
  const home = resolved.channels[0]?.id ?? ''
  return {
    url: running.url,
    slackApiUrl: `${running.url}/api/`,
    pagerdutyUrl: `${running.url}/api.pagerduty.com`,
    pagerdutyEventsUrl: `${running.url}/events.pagerduty.com/v2/enqueue`,
    smtp: { host: mail.host, port: mail.port },
    tokens: {
      bot: resolved.botToken.token,
      app: resolved.appToken.token,
      pagerduty: resolved.pagerdutyToken,
    },
    botUserId: state.botUserId,
    channels: resolved.channels.map(({ id, name }) => ({ id, name })),
    pagerduty,
    faults,
    mail,
    actAs: (userId) => actor(routes, slack, userId, home),
    messages: (channel) => state.messages(idOf(channel)),
    thread: (rootTs, channel) => {
      const id = channel
        ? idOf(channel)
        : [...state.channels.keys()].find((key) => state.thread(key, rootTs).length > 0)
      return id ? state.thread(id, rootTs) : []
    },
    ephemerals: (userId) => state.ephemerals(userId).map((entry) => entry.message),
    openModal: (userId) => modals.current(userId),
    pendingClicks: (userId) => slack.interactions.pending(userId),
    mails: () => mail.mails(),
    apiCalls: () => slack.api.calls,
    connections: () => sockets.connections,
    waitFor: async (probe, timeoutMs, what) => await feed.waitFor(probe, timeoutMs, what),
    transcript: routes.transcript,
    setStatus: (text, tone = 'idle') => running.setStatus({ text, tone }),
    onControl: running.onControl,
    setRateLimits: (mode) => (rates.mode = mode),
    deleteMessage: (channel, ts) => {
      const message = state.message(idOf(channel), ts)
      if (!message) throw new Error(`no message ${ts} in ${channel}`)
      state.remove(idOf(channel), ts)
      slack.context.events.messageDeleted(state.channel(channel), message)
    },
    requestRefresh: () => sockets.requestRefresh(),
    cutConnections: () => sockets.cutConnections(),
    cutPages: running.cutPages,
    close: running.stop,
  }
}

function actor(routes: DemoRoutes, slack: Slack, user: string, home: string): Actor {
  const known = slack.context.state.users.get(user)
  if (!known || known.isBot)
    throw new Error(`nobody here is ${user}; there is ${[...slack.context.state.users.keys()].join(', ')}`)
  const run = async (act: Act): Promise<ActResult> => await perform(routes, user, act)
  const ackOf = (result: ActResult): Ack => (result.kind === 'ack' ? result.ack : { kind: 'notConnected' })
  return {
    click: async (target) => ackOf(await run({ act: 'click', ...target })),
    submitModal: async ({ values }) => {
      const result = await run({ act: 'submit', ...(values ? { values } : {}) })
      return result.kind === 'submitted' ? result.outcome : { kind: 'closed' }
    },
    closeModal: async () => void (await run({ act: 'close' })),
    post: async (text, threadTs, channel = home) => {
      const result = await run({ act: 'post', channel, text, ...(threadTs ? { threadTs } : {}) })
      return result.kind === 'posted' ? result.ts : ''
    },
    slash: async (line, channel = home) => ackOf(await run({ act: 'slash', channel, line })),
    react: async (ts, name, channel = home) => void (await run({ act: 'react', channel, ts, name })),
    openHome: async () => void (await run({ act: 'openHome' })),
  }
}
