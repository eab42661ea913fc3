import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultBotScopes, type WorkspaceOptions } from '../../../demo/workspace/options.ts'
import { httpServer } from '../../support/http-server.ts'
import { runCcp, startCcp, temporaryFolder } from './run-ccp.ts'
import { Bench } from '../../workspace/support.ts'

const bench = new Bench()
afterEach(() => bench.close())

const CONFIG = fileURLToPath(new URL('../../../config', import.meta.url))

const SERVICES = `services:
  gateway: { repository: ./gone, language: python, test: ['true'], start: ['true'] }
  payment: { repository: ./gone, language: python, test: ['true'], start: ['true'] }
`

/** As Jaeger gives it: a request through the gateway into payment. */
function traceOfNow(): object {
  const span = {
    traceID: 'a1',
    operationName: 'POST',
    startTime: Date.now() * 1_000,
    duration: 900,
    tags: [],
    logs: [],
  }
  const references = [{ refType: 'CHILD_OF', traceID: 'a1', spanID: '1' }]
  return {
    traceID: 'a1',
    spans: [
      { ...span, spanID: '1', references: [], processID: 'p1' },
      { ...span, spanID: '2', references, processID: 'p2' },
    ],
    processes: { p1: { serviceName: 'gateway', tags: [] }, p2: { serviceName: 'payment', tags: [] } },
    warnings: null,
  }
}

/** A workspace, and a complete environment for a bot in a folder of its own that could start in it. */
async function place(options: WorkspaceOptions = {}) {
  const workspace = await bench.workspace(options)
  const folder = temporaryFolder()
  const variables = {
    SLACK_BOT_TOKEN: workspace.tokens.bot,
    SLACK_APP_TOKEN: workspace.tokens.app,
    SLACK_CHANNEL: 'CINCIDENTS',
    SLACK_API_URL: workspace.slackApiUrl,
    PAGERDUTY_API_TOKEN: workspace.tokens.pagerduty,
    PAGERDUTY_FROM_EMAIL: 'on-call-engineer@example.com',
    PAGERDUTY_API_URL: workspace.pagerdutyUrl,
    CCP_ROUTER_URL: 'http://127.0.0.1:9',
    CCP_HOST: '127.0.0.1',
    CCP_PORT: '0',
    CCP_DATABASE: join(folder, 'journal.sqlite'),
    CCP_DATA_DIR: join(folder, 'data'),
    CCP_CONFIG_DIR: CONFIG,
    CCP_LOG_LEVEL: 'error',
  }
  return { workspace, folder, variables }
}

describe('ccp start', () => {
  it('names every mistake of the environment, ends with 2 and leaves nothing behind', async () => {
    const { folder, variables } = await place()
    const { code, stdout, stderr } = await runCcp(['start'], {
      ...variables,
      SLACK_CHANNEL: '#incidents',
      PAGERDUTY_API_TOKEN: '',
      CCP_PORT: 'http',
    })
    expect(code).toBe(2)
    expect(stderr).toContain('the configuration has 3 mistakes:')
    for (const name of ['SLACK_CHANNEL', 'PAGERDUTY_API_TOKEN', 'CCP_PORT'])
      expect(stderr).toContain(`environment: ${name}`)
    expect(stdout).toBe('')
    expect(readdirSync(folder)).toEqual([])
  })

  it('names the port that is in use', async () => {
    const { workspace, variables } = await place()
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    bench.onClose(() => new Promise((resolve) => taken.close(resolve)))
    const port = (taken.address() as AddressInfo).port
    const { code, stderr } = await runCcp(['start'], { ...variables, CCP_PORT: String(port) })
    expect(stderr).toBe(
      `ccp: port ${port} on 127.0.0.1 is in use by another program\n  mend: stop it, or set CCP_PORT to a free port (0 picks one)\n`,
    )
    expect(code).toBe(2)
    expect(workspace.apiCalls()).toEqual([])
  })

  it('names the scopes that the Slack token lacks', async () => {
    const scopes = defaultBotScopes.filter((scope) => scope !== 'chat:write' && scope !== 'files:write')
    const { workspace, variables } = await place({ tokens: { bot: { scopes } } })
    const { code, stderr } = await runCcp(['start'], variables)
    expect(stderr).toContain('the Slack token lacks the scopes chat:write')
    expect(stderr).toContain('files:write')
    expect(stderr).toMatch(/\n {2}mend: add them under "OAuth & Permissions"/)
    expect(code).toBe(2)
    expect(workspace.messages('CINCIDENTS')).toEqual([])
    expect(workspace.connections()).toBe(0)
  })

  it.each([
    ['a wrong Slack token', { SLACK_BOT_TOKEN: 'xoxb-wrong' }, /Slack/],
    [
      'a channel that is not there',
      { SLACK_CHANNEL: 'C0NOWHERE' },
      /the incident channel C0NOWHERE does not exist/,
    ],
    ['a wrong PagerDuty token', { PAGERDUTY_API_TOKEN: 'wrong' }, /401[^]*mend: check PAGERDUTY_API_TOKEN/],
    [
      'a PagerDuty that does not answer',
      { PAGERDUTY_API_URL: 'http://127.0.0.1:9' },
      /mend: check PAGERDUTY_API_URL/,
    ],
    [
      'a folder of configuration that is not there',
      { CCP_CONFIG_DIR: '/nowhere' },
      /CCP_CONFIG_DIR names a folder/,
    ],
  ] as const)('ends with 2 and a sentence for %s', async (_, change, words) => {
    const { workspace, variables } = await place()
    const { code, stdout, stderr } = await runCcp(['start'], { ...variables, ...change })
    expect(stderr).toMatch(words)
    expect(stderr).not.toContain('unexpected fault')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(workspace.connections()).toBe(0)
  })

  it('leaves a journal that the next start can use', async () => {
    const { variables } = await place()
    await runCcp(['start'], { ...variables, PAGERDUTY_API_TOKEN: 'wrong' })
    expect(existsSync(variables.CCP_DATABASE)).toBe(true)
    const { code, stdout } = await runCcp(['audit', 'verify'], variables)
    expect(JSON.parse(stdout)).toMatchObject({ rows: 0, valid: true })
    expect(code).toBe(0)
  })

  it('keeps whom its traces show to call whom, for `ccp graph` and for the next start', async () => {
    const jaeger = await httpServer(() => ({ body: { data: [traceOfNow()], errors: null } }))
    bench.onClose(() => jaeger.close())
    const { folder, variables } = await place()
    writeFileSync(join(folder, 'services.yaml'), SERVICES)
    const environment = { ...variables, CCP_CONFIG_DIR: folder, JAEGER_URL: jaeger.url }
    const calls = async (): Promise<unknown> =>
      (JSON.parse((await runCcp(['graph', '--json'], environment)).stdout) as { calls: unknown }).calls
    const shown = [
      { caller: 'gateway', callee: 'payment', by: [{ source: 'traces', lastSeen: expect.any(String) }] },
    ]
    expect(await calls()).toEqual([])
    const bot = startCcp(['start'], environment)
    await bot.firstLine
    await expect.poll(calls, { timeout: 30_000 }).toEqual(shown)
    bot.signal('SIGTERM')
    expect(await bot.ended).toMatchObject({ code: 0 })
    const next = startCcp(['start'], { ...environment, JAEGER_URL: '' })
    await next.firstLine
    next.signal('SIGTERM')
    await next.ended
    expect(await calls()).toEqual(shown)
  })

  it('says when it is ready, lets no second writer in, and ends with 0 when told to', async () => {
    const { workspace, variables } = await place()
    const bot = startCcp(['start'], variables)
    const ready = JSON.parse(await bot.firstLine) as { ready: boolean; webhooks: string }
    expect(ready.ready).toBe(true)
    expect((await fetch(`${ready.webhooks}/healthz`)).status).toBe(200)
    expect(workspace.connections()).toBe(1)
    const second = await runCcp(['start'], variables)
    expect(second.stderr).toMatch(/another ccp process is writing[^]*mend: stop the other process/)
    expect(second.code).toBe(2)
    expect((await runCcp(['incidents'], variables)).code).toBe(0)
    bot.signal('SIGTERM')
    expect(await bot.ended).toMatchObject({ code: 0, stderr: '' })
  })
})
