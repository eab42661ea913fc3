import { createHmac } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { startWorkspace } from '../../demo/workspace/workspace.ts'
import { createBot, type BotDeps } from '../../src/bot/app.ts'
import { SLACK_RATES } from '../../src/bot/settings.ts'
import { ACCESS, INCIDENT, LEAD, RECORDS, TEAM } from '../support/incident-records.ts'
import { memoryDeliveries, memoryJournal } from '../support/memory-journal.ts'

const SECRET = 'a-signing-secret'
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function depsAt(port: number) {
  const workspace = await startWorkspace({ rateLimits: 'off', teamId: TEAM })
  closers.push(() => workspace.close())
  const journal = memoryJournal(RECORDS.canary10)
  const deps: BotDeps = {
    settings: {
      botToken: workspace.tokens.bot,
      slackApiUrl: workspace.slackApiUrl,
      channel: 'CINCIDENTS',
      receiver: { mode: 'http', signingSecret: SECRET, host: '127.0.0.1', port },
      delivery: { ...SLACK_RATES, postBurst: 100 },
    },
    journal,
    deliveries: memoryDeliveries(),
    access: ACCESS,
    log: pino({ level: 'silent' }),
    nowMs: () => RECORDS.canary10.stateSinceMs,
    verifyAudit: () => ({ rows: 0, valid: true, head: '', firstBad: null }),
    onUndeliverable: () => undefined,
  }
  return { deps, journal }
}

const click = `payload=${encodeURIComponent(
  JSON.stringify({
    type: 'block_actions',
    trigger_id: '1.2',
    user: { id: LEAD, team_id: TEAM },
    team: { id: TEAM },
    container: { type: 'message', message_ts: '1.1', channel_id: 'CINCIDENTS' },
    actions: [
      {
        type: 'button',
        block_id: 'b',
        action_id: 'pause',
        action_ts: '1.1',
        value: JSON.stringify({ incidentId: INCIDENT }),
      },
    ],
  }),
)}`

function signed(
  body: string,
  secret = SECRET,
  atSec = Math.floor(Date.now() / 1000),
): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`v0:${atSec}:${body}`).digest('hex')
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': String(atSec),
    'x-slack-signature': `v0=${signature}`,
  }
}

const send = async (port: number, body: string, headers: Record<string, string>): Promise<number> =>
  (await fetch(`http://127.0.0.1:${port}/slack/events`, { method: 'POST', body, headers })).status

describe('the bot over HTTP', () => {
  it('takes what Slack signed, and nothing that is forged, altered or old', async () => {
    const port = await freePort()
    const { deps, journal } = await depsAt(port)
    const bot = createBot(deps)
    await bot.start()
    closers.unshift(() => bot.stop())
    const oldSec = Math.floor(Date.now() / 1000) - 600
    expect(await send(port, click, signed(click, 'another-secret'))).toBe(401)
    expect(await send(port, `${click}&x=1`, signed(click))).toBe(401)
    expect(await send(port, click, signed(click, SECRET, oldSec))).toBe(401)
    expect(await send(port, click, { ...signed(click), 'x-slack-signature': 'v0=short' })).toBe(401)
    expect(await send(port, click, {})).toBe(401)
    expect(journal.submissions).toEqual([])
    expect(await send(port, click, signed(click))).toBe(200)
    expect(journal.submissions.map(({ event }) => event.kind)).toEqual(['paused'])
  })

  it('says which port is in use', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => taken.close(resolve)))
    const { port } = taken.address() as AddressInfo
    const { deps } = await depsAt(port)
    await expect(createBot(deps).start()).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining(`127.0.0.1:${port}`),
      mend: 'free the port or set another one',
    })
  })
})
