import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Outcome } from '../../demo/outcome.ts'
import { runHeadless, type DemoRun } from '../../demo/run-headless.ts'
import type { Scenario } from '../../demo/scenarios/scenario.ts'
import type { Demo, DemoOptions } from '../../demo/start-demo.ts'
import { createJournal } from '../../src/integrations/sqlite/journal.ts'
import { openDatabase } from '../../src/integrations/sqlite/open-database.ts'
import { happyPath, INCIDENT_ID } from '../support/events.ts'

const scenario = (name: string, operate: Scenario['operate'] = async () => undefined): Scenario => ({
  name,
  title: name,
  description: name,
  expected: 'resolved',
  breakShop: async () => undefined,
  operate,
})

/** A demo of nothing but a journal, in which the incident came to its end. */
async function startFake({ directory }: DemoOptions): Promise<Demo> {
  const database = join(directory, 'journal.sqlite')
  mkdirSync(join(directory, 'shop'))
  const { db, close } = openDatabase(database)
  const journal = createJournal(db, { timing: { observeEveryMs: 1, lockRetryMs: 1 }, leaseMs: 1 })
  const actor = { kind: 'machine', part: 'test' } as const
  for (const [at, event] of happyPath.entries())
    journal.submit({ eventId: `e${at}`, incidentId: INCIDENT_ID, event, actor, atMs: 1_000 + at })
  close()
  const workspace = { transcript: () => '# thread' }
  return {
    workspace,
    database,
    breakShop: async () => 'a page',
    close: async () => undefined,
  } as unknown as Demo
}

describe('a headless run', () => {
  let directory: string
  let said: string[]
  let printed: Outcome[]

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ccp-headless-'))
    said = []
    printed = []
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed.push(JSON.parse(String(text)) as Outcome)
      return true
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
    rmSync(directory, { recursive: true, force: true })
  })

  const run = (scenarios: readonly Scenario[], more: Partial<DemoRun> = {}): DemoRun => ({
    options: {
      directory,
      port: 0,
      requestsPerSecond: 1,
      healthyMs: 0,
      unconfined: false,
      say: (text) => void said.push(text),
    },
    scenarios,
    repeat: 1,
    keep: false,
    json: true,
    ...more,
  })
  const misses = (): readonly string[] => said.filter((text) => text.startsWith('MISS'))

  it('prints one line a scenario and ends with 0 when all ended as expected', async () => {
    expect(await runHeadless(run([scenario('one'), scenario('two')]), startFake)).toBe(0)
    expect(printed.map((each) => [each.scenario, each.outcome])).toEqual([
      ['one', 'resolved'],
      ['two', 'resolved'],
    ])
    expect(misses()).toEqual([])
    expect(said.at(-1)).toMatch(/^2 of 2 ended as expected/)
  })

  describe('of scenarios that need what this machine lacks', () => {
    const lacking = async ({ name }: Scenario): Promise<string | null> =>
      name === 'go' ? 'Go needs go, which this machine lacks; install it: apt-get install golang-go.' : null
    const scenarios = [scenario('go'), scenario('whole')]

    it('passes them over by name, with the mend, and runs the others', async () => {
      vi.stubEnv('CCP_REQUIRE_ALL', '')
      expect(await runHeadless(run(scenarios), startFake, lacking)).toBe(0)
      expect(printed.map(({ outcome }) => outcome)).toEqual(['skipped', 'resolved'])
      expect(said[0]).toBe(
        'go is passed over: Go needs go, which this machine lacks; install it: apt-get install golang-go.',
      )
      expect(said.at(-1)).toMatch(/^1 of 1 ended as expected\n {2}go: skipped/)
    })

    it('counts them as missed where nothing may be skipped, and where one is asked for alone', async () => {
      vi.stubEnv('CCP_REQUIRE_ALL', '1')
      expect(await runHeadless(run(scenarios), startFake, lacking)).toBe(1)
      vi.stubEnv('CCP_REQUIRE_ALL', '')
      expect(await runHeadless(run([scenario('go')]), startFake, lacking)).toBe(1)
      expect(misses()).toHaveLength(2)
    })
  })

  it('goes on after a scenario that could not be started, and says why it could not', async () => {
    const start = (options: DemoOptions): Promise<Demo> =>
      options.directory.endsWith('broken')
        ? Promise.reject(new Error('the port is taken'))
        : startFake(options)
    expect(await runHeadless(run([scenario('broken'), scenario('whole')]), start)).toBe(1)
    expect(printed.map(({ outcome }) => outcome)).toEqual(['not-started', 'resolved'])
    expect(misses()).toEqual([
      `MISS: broken: not-started, where resolved was expected; the port is taken; ${printed[0]?.transcript ?? ''}`,
    ])
  })

  it('names what the scripted people ran into and what the bot said, and keeps the shop of a miss alone', async () => {
    const lost: Scenario = {
      ...scenario('lost', async () => Promise.reject(new Error('waited 90 s for a button'))),
      expected: 'handed-over',
    }
    expect(await runHeadless(run([lost, scenario('whole')]), startFake)).toBe(1)
    expect(misses()).toEqual([
      expect.stringContaining('resolved, where handed-over was expected; waited 90 s for a button'),
    ])
    expect(existsSync(join(directory, '1-lost', 'shop'))).toBe(true)
    expect(existsSync(join(directory, '2-whole', 'shop'))).toBe(false)
  })

  it('runs the list as often as it is told, each run in a folder of its own, and sums up at the end', async () => {
    let count = 0
    const everySecond = async (options: DemoOptions): Promise<Demo> => {
      count += 1
      if (count === 4) throw new Error('out of memory')
      return startFake(options)
    }
    const scenarios = [scenario('one'), scenario('two')]
    expect(await runHeadless(run(scenarios, { repeat: 3 }), everySecond)).toBe(1)
    expect(printed).toHaveLength(6)
    expect(new Set(printed.map(({ transcript }) => transcript)).size).toBe(6)
    const summary = said.at(-1)?.split('\n') ?? []
    expect(summary[0]).toBe('5 of 6 ended as expected')
    expect(summary[1]).toContain('one: 3 of 3')
    expect(summary[2]).toContain('two: 2 of 3')
    expect(summary[3]).toContain(
      'missed: round 2, two: not-started, where resolved was expected; out of memory',
    )
  })
})
