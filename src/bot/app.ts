import type { App } from '@slack/bolt'
import type { Logger } from 'pino'
import type { AccessPolicy } from '../pipeline/access.ts'
import { CcpError, toCcpError } from '../pipeline/errors.ts'
import type { DeliveryStore, Journal } from '../pipeline/ports.ts'
import { checkInstallation, type Installation } from './check-installation.ts'
import { renderPng } from './delivery/render-png.ts'
import { deliverThreads, type ThreadDelivery, type Undeliverable } from './delivery/thread-delivery.ts'
import { webClient, webSlack } from './delivery/web-slack.ts'
import { conversation } from './handlers/conversation.ts'
import type { AuditAnswer } from './handlers/handler-deps.ts'
import { boltApp } from './listen.ts'
import type { BotSettings } from './settings.ts'

/** What the bot needs of the rest of the program. */
export interface BotDeps {
  readonly settings: BotSettings
  readonly journal: Pick<Journal, 'record' | 'records' | 'subscribe' | 'submit'>
  readonly deliveries: DeliveryStore
  readonly access: AccessPolicy
  readonly log: Logger
  nowMs(): number
  verifyAudit(): AuditAnswer
  /** Slack does not take an incident's thread: say it another way. Called once an outage, not once a try. */
  onUndeliverable(outage: Undeliverable): void
}

export interface Bot {
  /**
   * Checks the installation, brings the threads of all open incidents up to date and listens. Rejects with CcpError:
   * `bad-config` with the mend, or a retryable one where Slack cannot be reached; then it may be called again.
   */
  start(): Promise<void>
  /** Stops listening, finishes what is being sent within `graceMs`, and forgets the rest: the next start mends it. */
  stop(graceMs?: number): Promise<void>
  /** Resolves when the threads show the newest state. */
  idle(): Promise<void>
}

const DEFAULT_GRACE_MS = 3_000
const MANY = 1_000
/** Incidents that ended just before the last stop may still show live buttons. */
const RECENT = 50

interface Running {
  readonly app: App
  readonly delivery: ThreadDelivery
  readonly unsubscribe: () => void
}

/** The Slack bot. Nothing is contacted before `start`. */
export function createBot(deps: BotDeps): Bot {
  let running: Running | null = null
  return {
    async start() {
      if (running !== null) throw new CcpError('conflict', 'the bot is already running')
      running = await startBot(deps)
    },
    async stop(graceMs = DEFAULT_GRACE_MS) {
      const stopping = running
      running = null
      if (stopping !== null) await stopBot(stopping, graceMs, deps.log)
    },
    async idle() {
      await running?.delivery.idle()
    },
  }
}

async function startBot(deps: BotDeps): Promise<Running> {
  const { settings, log } = deps
  const timeoutMs = settings.delivery.requestTimeoutMs
  // Two clients: what a person waits for never stands behind news.
  const [background, interactive] = [0, 1].map(() => webClient(settings, timeoutMs, log)) as [
    ReturnType<typeof webClient>,
    ReturnType<typeof webClient>,
  ]
  const installation = await checkInstallation(interactive, settings.channel)
  const delivery = deliverThreads({
    ...deps,
    members: deps.access.members,
    teamUrl: installation.teamUrl,
    slack: webSlack(background, timeoutMs),
    interactive: webSlack(interactive, timeoutMs),
    channel: settings.channel,
    settings: settings.delivery,
    render: renderPng,
  })
  const handlerDeps = {
    ...deps,
    delivery,
    conversation: conversation(interactive),
    teamUrl: installation.teamUrl,
  }
  const app = boltApp(settings, installation, handlerDeps)
  await listen(app, settings, installation, log)
  const unsubscribe = deps.journal.subscribe((incidentId) => delivery.changed(incidentId))
  for (const incidentId of worthALook(deps.journal)) delivery.changed(incidentId)
  return { app, delivery, unsubscribe }
}

/** What may have changed while we were away: all open incidents, and the newest whether open or not. */
function worthALook(journal: Pick<Journal, 'records'>): ReadonlySet<string> {
  const records = [
    ...journal.records({ openOnly: true, limit: MANY }),
    ...journal.records({ openOnly: false, limit: RECENT }),
  ]
  return new Set(records.map((record) => record.incident.incidentId))
}

async function listen(
  app: App,
  settings: BotSettings,
  installation: Installation,
  log: Logger,
): Promise<void> {
  const { receiver } = settings
  try {
    if (receiver.mode === 'http') await app.start({ host: receiver.host, port: receiver.port })
    else await app.start()
  } catch (thrown) {
    throw cannotListen(thrown, settings)
  }
  log.info(
    { mode: receiver.mode, channel: settings.channel, bot: installation.botUserId },
    'the bot listens to Slack',
  )
}

function cannotListen(thrown: unknown, { receiver }: BotSettings): CcpError {
  const { message } = toCcpError(thrown)
  if (receiver.mode === 'http') {
    const inUse = (thrown as { code?: string }).code === 'EADDRINUSE'
    return new CcpError(
      inUse ? 'bad-config' : 'unavailable',
      `cannot listen on ${receiver.host}:${receiver.port}: ${message}`,
      {
        mend: 'free the port or set another one',
        cause: thrown,
      },
    )
  }
  const isToken =
    /invalid_auth|not_authed|not_allowed_token_type|missing_scope|token_revoked|account_inactive/.test(
      (thrown as { data?: { error?: string } }).data?.error ?? message,
    )
  return new CcpError(
    isToken ? 'bad-config' : 'unavailable',
    `Slack's Socket Mode cannot be opened: ${message}`,
    {
      mend: "set an app-level token (xapp-...) with the scope connections:write, and turn Socket Mode on in the app's settings",
      cause: thrown,
    },
  )
}

async function stopBot({ app, delivery, unsubscribe }: Running, graceMs: number, log: Logger): Promise<void> {
  unsubscribe()
  try {
    await app.stop()
  } catch (thrown) {
    log.warn({ error: toCcpError(thrown).message }, 'the connection to Slack did not close cleanly')
  }
  await delivery.stop(graceMs)
}
