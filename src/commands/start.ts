import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import { createBot, type BotDeps } from '../bot/app.ts'
import { SLACK_RATES, type BotSettings } from '../bot/settings.ts'
import { loadConfig, type Config } from '../config/load.ts'
import type { Environment } from '../config/schema/environment.ts'
import { alertmanagerWebhook } from '../integrations/alertmanager/webhook.ts'
import { listen, type Route } from '../integrations/http/listen.ts'
import { createPagerDuty } from '../integrations/pagerduty/pagerduty-api.ts'
import { pagerdutyWebhook } from '../integrations/pagerduty/webhook.ts'
import { ProcessTarget } from '../integrations/processes/process-target.ts'
import { verifyAudit } from '../integrations/sqlite/audit-log.ts'
import { createDeliveryStore } from '../integrations/sqlite/deliveries.ts'
import { createJournal, releaseDeadClaims } from '../integrations/sqlite/journal.ts'
import { openDatabase } from '../integrations/sqlite/open-database.ts'
import { toCcpError, type CcpError } from '../pipeline/errors.ts'
import { execute } from '../pipeline/execute.ts'
import type { Journal } from '../pipeline/ports.ts'
import { run, type RunDeps } from '../pipeline/run.ts'
import { callSources } from './call-sources.ts'
import { composeGraph, graphFileIn } from './compose-graph.ts'
import { composePipeline, type Pipeline, type PipelineParts } from './compose-pipeline.ts'
import { feedGraph } from './graph-feed.ts'
import { keepGraph } from './keep-graph.ts'
import { observe } from './observability.ts'
import { watch, type Watch, type WatchDeps } from './watch.ts'
import type { Write } from './write.ts'

const STOP_GRACE_MS = 10_000
const LONGEST_WAIT_MS = 8_000
const READ_CALLS_EVERY_MS = 60_000

/** Stops in the reverse order of starting, each part once. */
type Closer = () => void | Promise<void>

/**
 * `ccp start`: runs until SIGTERM or SIGINT. Prints one JSON line when it is ready. Everything is checked before the first
 * effect; what is wrong is thrown as one CcpError and nothing stays running.
 */
export async function startCommand(variables: NodeJS.ProcessEnv, write: Write): Promise<void> {
  const config = loadConfig(variables)
  const log = pino({ level: config.environment.CCP_LOG_LEVEL }, pino.destination(2))
  const closers: Closer[] = []
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    write(JSON.stringify({ ready: true, ...(await startAll(config, log, closers)) }))
  } catch (error) {
    await close()
    throw error
  }
  await untilTold()
  log.info('stopping')
  await close()
}

async function startAll(config: Config, log: Logger, closers: Closer[]): Promise<{ webhooks: string }> {
  const database = openDatabase(config.environment.CCP_DATABASE)
  closers.push(() => database.close())
  const parts = {
    config,
    log,
    db: database.db,
    ...world(config, log),
    journal: openJournal(config, database.db),
  }
  closers.push(() => parts.topology.close())
  const keeper = keepGraph({
    known: parts.knownTopology,
    file: graphFileIn(config.environment.CCP_DATA_DIR),
    report: reportTo(log),
    nowMs: Date.now,
  })
  await keeper.restore()
  const watching = watch(watchDeps(parts))
  const server = await listen(
    routes(parts, watching),
    config.environment.CCP_HOST,
    config.environment.CCP_PORT,
  )
  closers.push(() => server.close())
  await untilReachable(() => parts.pages.check(), log)
  const pipeline = await composePipeline(parts)
  closers.push(() => pipeline.close())
  const bot = createBot(botDeps(parts, pipeline))
  await untilReachable(() => bot.start(), log)
  closers.push(() => bot.stop())
  parts.observability.start()
  closers.push(() => parts.observability.stop())
  const feed = feedGraph({
    graph: parts.topology,
    sources: callSources(config, parts.observability.spans),
    everyMs: READ_CALLS_EVERY_MS,
    report: reportTo(log),
    afterRound: () => keeper.keep(),
  })
  closers.push(() => keeper.keep())
  feed.start()
  closers.push(() => feed.stop())
  const runner = run(runDeps(parts, pipeline))
  closers.push(() => runner.stop(STOP_GRACE_MS))
  watching.start()
  closers.push(() => watching.stop())
  return { webhooks: server.url }
}

type Parts = Omit<PipelineParts, 'pages' | 'topology'> & ReturnType<typeof world>

/** The systems around us, as adapters; none is called yet. */
function world(config: Config, log: Logger) {
  const { environment, services } = config
  const target = new ProcessTarget({
    services,
    stateDir: join(environment.CCP_DATA_DIR, 'target'),
    logDir: join(environment.CCP_DATA_DIR, 'logs'),
    routerUrl: environment.CCP_ROUTER_URL,
  })
  const pages = createPagerDuty({
    token: environment.PAGERDUTY_API_TOKEN,
    fromEmail: environment.PAGERDUTY_FROM_EMAIL,
    apiUrl: environment.PAGERDUTY_API_URL,
  })
  const { graph: topology, known: knownTopology } = composeGraph(config, log)
  return { target, pages, topology, knownTopology, observability: observe(config, target) }
}

function openJournal({ concurrency, deployment }: Config, db: Parts['db']): Journal {
  releaseDeadClaims(db)
  const timing = { observeEveryMs: deployment.observeEveryMs, lockRetryMs: concurrency.lockRetryMs }
  return createJournal(db, { timing, leaseMs: concurrency.leaseMs })
}

function watchDeps({ config, journal, pages, topology, observability, log }: Parts): WatchDeps {
  return {
    journal,
    services: config.services,
    settings: config.detection,
    pages,
    metrics: observability.metrics,
    observeCalls: (calls) => topology.observe(calls),
    queries: observability.queries,
    topology,
    note: (text) => log.info(text),
    report: reportTo(log),
    nowMs: Date.now,
  }
}

function routes({ config, log }: Parts, watching: Watch): readonly Route[] {
  const { environment } = config
  const report = reportTo(log)
  const pages = pagerdutyWebhook({
    secrets: environment.PAGERDUTY_WEBHOOK_SECRETS,
    accept: (news) => watching.accept(news),
    report,
  })
  const alerts = alertmanagerWebhook({
    credentials: {
      bearerTokens: environment.ALERTMANAGER_BEARER_TOKENS,
      basicAuth: environment.ALERTMANAGER_BASIC_AUTH,
    },
    accept: (news) => watching.acceptAlerts(news),
    report,
    nowMs: Date.now,
  })
  return [
    pages,
    alerts,
    { method: 'GET', path: '/healthz', handle: () => ({ status: 200, body: { ok: true } }) },
  ]
}

function botDeps({ config, db, journal, log }: Parts, pipeline: Pipeline): BotDeps {
  return {
    settings: botSettings(config.environment),
    journal,
    deliveries: createDeliveryStore(db),
    access: config.access,
    nowMs: Date.now,
    verifyAudit: () => verifyAudit(db),
    log,
    onUndeliverable: (outage) => pipeline.tellElsewhere(outage),
  }
}

function runDeps({ config, journal, log }: Parts, pipeline: Pipeline): RunDeps {
  return {
    journal,
    settings: config.concurrency,
    execute: (command) => execute(command, pipeline.deps),
    nowMs: Date.now,
    report: ({ command, error, final }) => {
      const facts = {
        command: command?.commandId ?? null,
        code: error.code,
        final,
        mend: error.mend,
        err: error,
      }
      log[final ? 'error' : 'warn'](facts, error.message)
    },
  }
}

function reportTo(log: Logger): (error: CcpError) => void {
  return (error) => log.warn({ code: error.code, mend: error.mend }, error.message)
}

/** A system that is down for a moment is waited for, a quarter of a minute in all; whoever supervises us starts us again. */
async function untilReachable(attempt: () => Promise<void>, log: Logger): Promise<void> {
  for (let waitMs = 1_000; ; waitMs *= 2) {
    try {
      return await attempt()
    } catch (thrown) {
      const error = toCcpError(thrown)
      if (!error.retryable || waitMs > LONGEST_WAIT_MS) throw error
      log.warn({ code: error.code, againInMs: waitMs }, error.message)
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}

function botSettings(environment: Environment): BotSettings {
  const receiver =
    environment.SLACK_MODE === 'socket'
      ? ({ mode: 'socket', appToken: environment.SLACK_APP_TOKEN ?? '' } as const)
      : ({
          mode: 'http',
          signingSecret: environment.SLACK_SIGNING_SECRET ?? '',
          host: environment.CCP_HOST,
          port: environment.SLACK_HTTP_PORT,
        } as const)
  return {
    botToken: environment.SLACK_BOT_TOKEN,
    slackApiUrl: environment.SLACK_API_URL,
    channel: environment.SLACK_CHANNEL,
    receiver,
    delivery: SLACK_RATES,
  }
}

function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
}
