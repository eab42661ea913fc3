import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import type { Model } from './model/start-model.ts'
import type { Shop } from './start-shop.ts'
import { startChild, type Child } from './child-process.ts'
import type { Workspace } from './workspace/workspace.ts'

/** The bot as a process of its own, started as `ccp start` is anywhere. */
export interface BotProcess {
  readonly webhookUrl: string
  readonly child: Child
}

export const TEAM_ID = 'TDEMO00001'
export const WEBHOOK_SECRET = 'demo-webhook-secret'

const readySchema = z.object({ webhooks: z.url() })
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const SHIPPED_GATES = fileURLToPath(new URL('../config/safety-gates.yaml', import.meta.url))
const CONFIG = fileURLToPath(new URL('./config', import.meta.url))

export interface BotPlace {
  /** Asked for a patch where no other fix is well founded. */
  readonly model: Pick<Model, 'url' | 'name' | 'key'>
  readonly directory: string
  readonly dataDirectory: string
  /** 0 picks a port; a restart takes the one it had, so that PagerDuty still finds it. */
  readonly port: number
  /** Without bubblewrap the sample's own tests run unconfined, which the configuration has to name. */
  readonly unconfined: boolean
}

export async function startBot(workspace: Workspace, shop: Shop, place: BotPlace): Promise<BotProcess> {
  const env = { ...process.env, ...environment(workspace, shop, place) }
  writeReplayEnvironment(shop, place)
  const child = await startChild(MAIN, ['start'], { env, logFile: join(place.directory, 'bot.log') })
  const { webhooks } = readySchema.parse(child.ready)
  return { webhookUrl: webhooks, child }
}

export const databaseOf = (place: Pick<BotPlace, 'directory'>): string =>
  join(place.directory, 'journal.sqlite')

/** demo/config, with the exception of the sandbox written out where it is needed. */
function configOf({ directory, unconfined }: BotPlace): string {
  if (!unconfined) return CONFIG
  const own = join(directory, 'config')
  cpSync(CONFIG, own, { recursive: true })
  const gates = parseDocument(readFileSync(SHIPPED_GATES, 'utf8'))
  gates.set('sandbox', { kind: 'none', acceptedRisk: 'only the sample code of this demo is tested' })
  writeFileSync(join(own, 'safety-gates.yaml'), String(gates))
  return own
}

/** What `ccp replay` of an incident of this run needs, without the tokens: `node --env-file=<run>/replay.env ...`. */
function writeReplayEnvironment(shop: Shop, place: BotPlace): void {
  const lines = Object.entries({ ...shop.environment, ...placeEnvironment(place) })
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('')
  writeFileSync(join(place.directory, 'replay.env'), lines)
}

function placeEnvironment(place: BotPlace): Record<string, string> {
  return {
    DEMO_TEAM: TEAM_ID,
    CCP_DATABASE: databaseOf(place),
    CCP_DATA_DIR: place.dataDirectory,
    CCP_CONFIG_DIR: configOf(place),
  }
}

function environment(workspace: Workspace, shop: Shop, place: BotPlace): Record<string, string> {
  const { tokens, smtp, slackApiUrl, pagerdutyUrl, channels } = workspace
  return {
    ...shop.environment,
    ...placeEnvironment(place),
    SLACK_BOT_TOKEN: tokens.bot,
    SLACK_APP_TOKEN: tokens.app,
    SLACK_MODE: 'socket',
    SLACK_CHANNEL: channels[0]?.id ?? '',
    SLACK_API_URL: slackApiUrl,
    PAGERDUTY_API_TOKEN: tokens.pagerduty,
    PAGERDUTY_FROM_EMAIL: 'on-call@shop.example',
    PAGERDUTY_WEBHOOK_SECRETS: WEBHOOK_SECRET,
    PAGERDUTY_API_URL: pagerdutyUrl,
    CCP_HOST: '127.0.0.1',
    CCP_PORT: String(place.port),
    CCP_ROUTER_URL: shop.routerUrl,
    PROMETHEUS_URL: '',
    SMTP_HOST: smtp.host,
    SMTP_PORT: String(smtp.port),
    SMTP_USER: '',
    SMTP_FROM: 'ccp@shop.example',
    CCP_MODEL_URL: place.model.url,
    CCP_MODEL_NAME: place.model.name,
    CCP_MODEL_KEY: place.model.key,
  }
}
