import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSandbox, type Sandbox } from './sample-service.ts'

let box: Sandbox
beforeEach(async () => {
  box = await openSandbox()
})
afterEach(() => box.close())

const release = (version: string, commit: string) => ({
  service: 'payment',
  version,
  commit,
  repository: join(box.folder, 'repository'),
})
const weight = (percent: number) => ({
  service: 'payment',
  canaryVersion: 'v2',
  controlVersion: 'v1',
  percent,
})

/** Makes the call in a process of its own, which is killed after the step; says whether it came that far. */
async function dieAfter(step: string, call: string, ...args: unknown[]): Promise<boolean> {
  const bot = fileURLToPath(new URL('dying-bot.ts', import.meta.url))
  const given = [box.options, call, args].map((value) => JSON.stringify(value))
  const child = spawn(process.execPath, [bot, ...given, step], { stdio: 'ignore' })
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return signal === 'SIGKILL'
}

async function answer(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(`${url}/healthz`)).json()) as Record<string, unknown>
}

describe('releases as processes', () => {
  it('come up, are found by another bot, take traffic by weight, and go', async () => {
    const target = box.target()
    await target.deploy('payment', box.commits.good, 'v1')
    const started = await target.start(release('v2', box.commits.better))
    expect(started).toMatchObject({ version: 'v2', weightPercent: 0, running: true })
    await target.setWeight(weight(10))

    const other = box.target() // knows nothing but the folder (P1)
    expect(await other.releases('payment')).toMatchObject([
      { version: 'v1', weightPercent: 90, commit: box.commits.good, running: true },
      { version: 'v2', weightPercent: 10, commit: box.commits.better, running: true },
    ])
    expect(await other.health('payment', 'v2')).toMatchObject({ healthy: true })
    await expect(other.stop('payment', 'v2')).rejects.toMatchObject({ code: 'conflict' }) // P6
    await other.setWeight(weight(0))
    await other.stop('payment', 'v2')
    await other.stop('payment', 'v2')
    expect(await other.releases('payment')).toMatchObject([{ version: 'v1', weightPercent: 100 }])
    expect(box.pids('v2')).toEqual([])
    expect(readdirSync(join(box.options.stateDir, 'sources'))).toHaveLength(1)
    expect(other.history.entries().map(({ version, percent }) => [version, percent])).toEqual([
      ['v1', 100],
      ['v2', 10],
      ['v2', 0],
    ])
  })

  it('are started once, however often they are asked for (P3)', async () => {
    const target = box.target()
    const starts = await Promise.all([1, 2, 3].map(() => target.start(release('v1', box.commits.good))))
    await box.target().start(release('v1', box.commits.good))
    expect(box.pids('v1')).toHaveLength(1)
    expect(new Set(starts.map((one) => one.startedAtMs)).size).toBe(1)
  })

  it('see nothing of the environment of the bot but what they need', async () => {
    process.env.SECRET_TOKEN = 'planted'
    try {
      await box.target().start(release('v1', box.commits.good))
      const [endpoint] = box.target().endpoints()
      expect(await answer(endpoint?.url ?? '')).toEqual({ pid: box.pids('v1')[0], version: 'v1' })
    } finally {
      delete process.env.SECRET_TOKEN
    }
  })

  it('that die are seen as not running, get no traffic, and start again', async () => {
    const target = box.target()
    await target.deploy('payment', box.commits.good, 'v1')
    await target.start(release('v2', box.commits.better))
    process.kill(-(box.pids('v2')[0] ?? 0), 'SIGKILL')
    await expect.poll(async () => (await target.releases('payment'))[1]?.running).toBe(false)
    expect(await target.health('payment', 'v2')).toMatchObject({
      healthy: false,
      detail: 'its process has ended',
    })
    await expect(target.setWeight(weight(10))).rejects.toMatchObject({ code: 'conflict' })
    await target.start(release('v2', box.commits.better))
    await target.setWeight(weight(10))
    expect(box.pids('v2')).toHaveLength(1)
  })

  it('whose pid now belongs to another process are not mistaken for it (P4)', async () => {
    const target = box.target()
    await target.start(release('v1', box.commits.good))
    const file = join(box.options.stateDir, 'releases', 'payment@v1.json')
    const record = JSON.parse(readFileSync(file, 'utf8')) as { process: { pid: number; startTicks: string } }
    const [pid = 0] = box.pids('v1')
    process.kill(-pid, 'SIGKILL')
    await expect.poll(() => box.pids('v1')).toEqual([])
    writeFileSync(
      file,
      JSON.stringify({ ...record, process: { pid: process.pid, startTicks: record.process.startTicks } }),
    )
    expect((await target.releases('payment'))[0]?.running).toBe(false)
    await target.stop('payment', 'v1') // and does not end this test
    expect(existsSync(file)).toBe(false)
  })

  it('that end at once are reported with the end of their log and leave nothing behind', async () => {
    const target = box.target()
    await expect(target.start(release('v1', box.commits.crashing))).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/payment@v1 ended with code 1[^]*no database configured/),
    })
    expect(await target.releases('payment')).toEqual([])
  })

  it('that never get healthy are ended and reported', async () => {
    const target = box.target({ startTimeoutMs: 600 })
    await expect(target.start(release('v1', box.commits.silent))).rejects.toMatchObject({
      message: expect.stringMatching(/did not get healthy[^]*waiting for nothing/),
    })
    expect(box.pids('v1')).toEqual([])
  })

  it.each([
    ['a commit that is not there', 'f'.repeat(40), 'not-found'],
    ['a branch name', 'main', 'bad-input'],
    ['an option to git', '--upload-pack=touch', 'bad-input'],
  ])('cannot be made of %s', async (_, commit, code) => {
    await expect(box.target().start(release('v1', commit))).rejects.toMatchObject({ code })
  })

  it('do not take over a version with another commit, nor a version that is a path', async () => {
    const target = box.target()
    await target.start(release('v1', box.commits.good))
    await expect(target.start(release('v1', box.commits.better))).rejects.toMatchObject({ code: 'conflict' })
    await expect(target.start(release('../v3', box.commits.good))).rejects.toMatchObject({
      code: 'bad-input',
    })
  })
})

describe('releases of a service with configuration in a repository of its own', () => {
  const configured = () => {
    const [service] = box.options.services
    if (service === undefined) throw new Error('the sandbox has no service')
    const config = {
      repository: join(box.folder, 'settings'),
      branch: 'main',
      path: 'payment.env',
      testCommand: null,
      protectedPaths: [],
    }
    return { target: box.target({ services: [{ ...service, config }] }), config }
  }
  const urlOf = (target: ReturnType<Sandbox['target']>, version: string): string =>
    target.endpoints().find((one) => one.version === version)?.url ?? ''

  it('get the file of their config commit, and keep it whatever is committed later', async () => {
    const { target, config } = configured()
    await target.deploy('payment', box.commits.good, 'v1', box.configs.seventy)
    const started = await target.start({
      ...release('v2', box.commits.good),
      config: { ...config, commit: box.configs.seventyTwo },
    })
    expect(started).toMatchObject({ commit: box.commits.good, configCommit: box.configs.seventyTwo })
    expect(await answer(urlOf(target, 'v1'))).toMatchObject({ setting: 'LIMIT=70\n' })
    expect(await answer(urlOf(target, 'v2'))).toMatchObject({ setting: 'LIMIT=72\n' })

    const other = configured().target // knows nothing but the folder (P1)
    expect(await other.releases('payment')).toMatchObject([
      { version: 'v1', configCommit: box.configs.seventy },
      { version: 'v2', configCommit: box.configs.seventyTwo },
    ])
    await other.setWeight(weight(10))
    expect(other.history.entries().at(-1)).toMatchObject({
      commit: box.commits.good,
      previousCommit: box.commits.good,
      configCommit: box.configs.seventyTwo,
      previousConfigCommit: box.configs.seventy,
    })
    await other.setWeight(weight(0))
    await other.stop('payment', 'v2')
    expect(readdirSync(join(box.options.stateDir, 'configs'))).toEqual(['payment@v1'])
  })

  it('take the head of the branch where a deploy names no commit', async () => {
    const { target } = configured()
    expect(await target.deploy('payment', box.commits.good, 'v1')).toMatchObject({
      configCommit: box.configs.seventyTwo,
    })
  })

  it('do not take over a version with another configuration (P7)', async () => {
    const { target, config } = configured()
    await target.deploy('payment', box.commits.good, 'v1', box.configs.seventy)
    const other = { ...config, commit: box.configs.seventyTwo }
    for (const another of [other, undefined])
      await expect(
        target.start({ ...release('v1', box.commits.good), config: another }),
      ).rejects.toMatchObject({ code: 'conflict' })
  })

  it.each([
    ['a commit that is not there', { commit: 'f'.repeat(40) }, 'not-found'],
    ['a file that is not there', { path: 'other.env' }, 'not-found'],
    ['a branch', { commit: 'main' }, 'bad-input'],
  ])('cannot be made of %s', async (_, wrong, code) => {
    const { target, config } = configured()
    const given = { ...config, commit: box.configs.seventy, ...wrong }
    await expect(target.start({ ...release('v1', box.commits.good), config: given })).rejects.toMatchObject({
      code,
    })
    expect(box.pids('v1')).toEqual([])
  })
})

describe('a bot that is killed (P1, P2, P3)', () => {
  it.each(['unpacked', 'intended', 'spawned', 'recorded', 'healthy'])(
    'twice while it starts a release, after "%s", leaves no orphan and no second process',
    async (step) => {
      expect(await dieAfter(step, 'start', release('v1', box.commits.good))).toBe(true)
      await dieAfter('recorded', 'start', release('v1', box.commits.good))
      expect(box.pids('v1').length).toBeLessThanOrEqual(1)
      const target = box.target()
      await target.start(release('v1', box.commits.good))
      expect(box.pids('v1')).toHaveLength(1)
      const [endpoint] = target.endpoints()
      expect(await answer(endpoint?.url ?? '')).toMatchObject({ pid: box.pids('v1')[0] })
      await target.stop('payment', 'v1')
      expect(box.pids('v1')).toEqual([])
    },
  )

  it('after it started a process whose pid it never wrote down: stopping finds it by its mark', async () => {
    expect(await dieAfter('spawned', 'start', release('v1', box.commits.good))).toBe(true)
    expect(box.pids('v1')).toHaveLength(1)
    await box.target().stop('payment', 'v1')
    expect(box.pids('v1')).toEqual([])
  })

  it.each(['unrouted', 'ended'])('while it stops a release, after "%s", can do it again', async (step) => {
    const target = box.target()
    await target.deploy('payment', box.commits.good, 'v1')
    await target.start(release('v2', box.commits.better))
    await target.setWeight(weight(10))
    await target.setWeight(weight(0))
    expect(await dieAfter(step, 'stop', 'payment', 'v2')).toBe(true)
    expect(await dieAfter('unrouted', 'stop', 'payment', 'v2')).toBe(true)
    await box.target().stop('payment', 'v2')
    expect(box.pids('v2')).toEqual([])
    expect(await box.target().releases('payment')).toMatchObject([{ version: 'v1', weightPercent: 100 }])
  })

  it('after it set a weight that it had not recorded, records it when the command is made again', async () => {
    const target = box.target()
    await target.deploy('payment', box.commits.good, 'v1')
    await target.start(release('v2', box.commits.better))
    expect(await dieAfter('weighted', 'setWeight', weight(10))).toBe(true)
    expect((await target.releases('payment'))[1]).toMatchObject({ version: 'v2', weightPercent: 10 })
    await target.setWeight(weight(10))
    expect(target.history.entries().filter((one) => one.version === 'v2')).toHaveLength(1)
  })
})
