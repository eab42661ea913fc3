import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startModel } from './model/start-model.ts'
import { GATEWAY_ERRORS, pageWhenBroken, type AlertRule, type Monitoring } from './alert-rule.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { scenarios } from './scenarios/all.ts'
import { databaseOf, startBot, TEAM_ID, WEBHOOK_SECRET, type BotPlace, type BotProcess } from './start-bot.ts'
import { startShop, type Shop } from './start-shop.ts'
import { startWorkspace, type Workspace } from './workspace/workspace.ts'

export interface DemoOptions {
  /** Empty or absent: everything of this run lives in it. */
  readonly directory: string
  readonly port: number
  readonly requestsPerSecond: number
  /** Healthy traffic before anything breaks, so that there is a past to compare with. */
  readonly healthyMs: number
  readonly unconfined: boolean
  readonly say: (text: string) => void
}

/** Slack, PagerDuty, mail, shop and bot, all running. */
export interface Demo {
  readonly workspace: Workspace
  readonly shop: Shop
  readonly database: string
  /** Puts the healthy releases back and ends what earlier runs left open; does nothing the first time. */
  restoreShop(): Promise<void>
  /** Breaks the shop and waits until its monitoring has paged; answers the page's title. `released`: it is broken now. */
  breakShop(scenario: Scenario, released?: () => void): Promise<string>
  /** Waits until the shop's monitoring finds that rule broken and has paged; answers the page's title. */
  pageWhenBroken(rule: AlertRule): Promise<string>
  /** kill -9, as a power cut would. */
  killBot(): Promise<void>
  restartBot(): Promise<void>
  close(): Promise<void>
}

const USERS = [
  { id: 'UONCALL001', name: 'On-call engineer', role: 'on-call', email: 'on-call@shop.example' },
  { id: 'ULEAD00001', name: 'Incident lead', role: 'lead', email: 'lead@shop.example' },
  { id: 'UOUTSIDE01', name: 'Visitor', role: 'outsider', email: 'visitor@shop.example' },
]

const SERVICES = [
  { id: 'PGATEWAY', name: 'gateway', routingKey: 'demo-gateway' },
  { id: 'PCHECKOUT', name: 'checkout', routingKey: 'demo-checkout' },
  { id: 'PPAYMENT', name: 'payment', routingKey: 'demo-payment' },
  { id: 'PINVENTORY', name: 'inventory', routingKey: 'demo-inventory' },
  { id: 'PSHIPPING', name: 'shipping', routingKey: 'demo-shipping' },
  { id: 'PLOYALTY', name: 'loyalty', routingKey: 'demo-loyalty' },
]

/** For somebody who sees this for the first time. */
const GUIDE = [
  'A faulty release of the sample shop goes out, PagerDuty pages, and a message comes in #incidents. Open its thread.',
  'Read what broke, the line at fault, the fix and its gates; then Approve or Reject it.',
  'Watch the canary; Pause it or Roll it back. The thread ends resolved, or handed over with the reason.',
  'Act as the visitor, lower left, and click Approve: it is refused. "@CCP status" or /ccp status asks how it stands.',
]

/** Brings everything up; takes down what was started if a part of it does not start. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const closers: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const stop of closers.splice(0).reverse()) await stop()
  }
  try {
    return await assemble(options, closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function assemble(
  options: DemoOptions,
  closers: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Demo> {
  const { directory, say } = options
  const dataDirectory = join(directory, 'data')
  mkdirSync(dataDirectory, { recursive: true })
  const workspace = await startWorkspace({
    port: options.port,
    teamId: TEAM_ID,
    teamName: 'Shop',
    users: USERS,
    commands: ['/ccp'],
    pagerduty: { services: SERVICES },
    guide: GUIDE,
    controls: scenarios.map(({ name, title, description }) => ({
      id: name,
      label: `Run: ${title}`,
      description,
    })),
  })
  closers.push(() => workspace.close())
  say('starting the shop: gateway, checkout, payment, inventory, a router and load')
  const shop = await startShop(join(directory, 'shop'), dataDirectory, options.requestsPerSecond)
  closers.push(() => shop.close())
  const model = await startModel(join(directory, 'model.log'))
  closers.push(() => model.stop())
  const place: BotPlace = { model, directory, dataDirectory, port: 0, unconfined: options.unconfined }
  let bot: BotProcess = await startBot(workspace, shop, place)
  closers.push(() => bot.child.stop())
  workspace.pagerduty.subscribe(`${bot.webhookUrl}/webhooks/pagerduty`, [WEBHOOK_SECRET])
  const stopping = new AbortController()
  closers.push(async () => stopping.abort())
  const pageOf = (rule: AlertRule) => pageWhenBroken(rule, monitoring(workspace, shop), stopping.signal)
  await shop.open()
  let healthySinceMs = Date.now()
  const port = Number(new URL(bot.webhookUrl).port)
  return {
    workspace,
    shop,
    database: databaseOf(place),
    async restoreShop() {
      const open = workspace.pagerduty.incidents().filter(({ status }) => status !== 'resolved')
      for (const { id } of open) workspace.pagerduty.resolve(id)
      await model.answers([])
      if (await shop.restore()) healthySinceMs = Date.now()
    },
    async breakShop(scenario, released) {
      if (await shop.provide(scenario.needs ?? [])) healthySinceMs = Date.now()
      if (scenario.setStage !== undefined) {
        await scenario.setStage(shop)
        healthySinceMs = Date.now()
      }
      const leftMs = healthySinceMs + options.healthyMs - Date.now()
      if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs))
      await scenario.breakShop(shop, model)
      released?.()
      const rules = scenario.alerts ?? [GATEWAY_ERRORS]
      const titles = await Promise.all(rules.map(pageOf))
      return titles.join('; ')
    },
    pageWhenBroken: pageOf,
    async killBot() {
      bot.child.process.kill('SIGKILL')
      await bot.child.exited
    },
    async restartBot() {
      bot = await startBot(workspace, shop, { ...place, port })
    },
    close,
  }
}

function monitoring(workspace: Workspace, shop: Shop): Monitoring {
  return {
    routerMetricsUrl: `${shop.routerUrl}/metrics`,
    eventsUrl: workspace.pagerdutyEventsUrl,
    routingKeyOf: (service) => `demo-${service}`,
  }
}
