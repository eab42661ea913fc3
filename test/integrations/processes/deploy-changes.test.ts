import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deployChanges } from '../../../src/integrations/processes/deploy-changes.ts'
import { DeployHistory, type DeployEntry } from '../../../src/integrations/processes/deploy-history.ts'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccp-history-'))
  file = join(folder, 'deploys.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const entry = (
  version: string,
  percent: number,
  atMs: number,
  previousVersion: string | null = 'v1',
): DeployEntry => ({
  service: 'payment',
  version,
  commit: `${version}-commit`,
  previousVersion,
  previousCommit: previousVersion === null ? null : `${previousVersion}-commit`,
  percent,
  atMs,
})

const all = { services: ['payment'], fromMs: 0, toMs: 1e9 }

describe('the deploy history', () => {
  it('records a change once, however often it is made', () => {
    const history = new DeployHistory(file)
    history.record(entry('v2', 10, 1000))
    history.record(entry('v2', 10, 2000))
    history.record(entry('v2', 50, 3000))
    expect(history.entries().map((one) => one.percent)).toEqual([10, 50])
  })

  it('survives a line that a crash has torn, and goes on after it', () => {
    const history = new DeployHistory(file)
    history.record(entry('v2', 10, 1000))
    appendFileSync(file, '{"service":"payment","ver')
    expect(new DeployHistory(file).entries()).toHaveLength(1)
    new DeployHistory(file).record(entry('v2', 50, 3000))
    expect(new DeployHistory(file).entries().map((one) => one.percent)).toEqual([10, 50])
  })
})

describe('deploys as changes', () => {
  it('are one from the first share of traffic to the last, with the commit and the one before', async () => {
    const history = new DeployHistory(file)
    history.record(entry('v1', 100, 1_000, null))
    for (const [percent, atMs] of [
      [10, 5_000],
      [50, 6_000],
      [100, 7_000],
    ] as const)
      history.record(entry('v2', percent, atMs))
    const [first, second, ...others] = await deployChanges(history).changesBetween(all)
    expect(others).toEqual([])
    expect(first).toMatchObject({ at: 1, completedAt: 1, oldInstances: [], newInstances: ['v1'] })
    expect(second).toMatchObject({
      kind: 'deploy',
      at: 5,
      completedAt: 7,
      commit: 'v2-commit',
      previousCommit: 'v1-commit',
      newInstances: ['v2'],
      oldInstances: ['v1'],
    })
  })

  it('show a rollback as a deploy of the commit before', async () => {
    const history = new DeployHistory(file)
    history.record(entry('v2', 10, 5_000))
    history.record(entry('v2', 0, 6_000))
    const [canary, back] = await deployChanges(history).changesBetween(all)
    expect(canary).toMatchObject({ newInstances: ['v2'], completedAt: null })
    expect(back).toMatchObject({
      at: 6,
      commit: 'v1-commit',
      previousCommit: 'v2-commit',
      newInstances: ['v1'],
    })
  })

  it('are those that began in the window and the newest before it, of the services asked for', async () => {
    const history = new DeployHistory(file)
    history.record(entry('v2', 100, 5_000))
    history.record({ ...entry('w1', 100, 6_000), service: 'checkout' })
    history.record(entry('v3', 100, 7_000, 'v2'))
    const changes = deployChanges(history)
    const began = async (window: Partial<typeof all>) =>
      (await changes.changesBetween({ ...all, ...window })).map(({ at }) => at)
    expect(await began({ fromMs: 5_000, services: ['payment'] })).toEqual([5, 7])
    expect(await began({ fromMs: 6_500, services: ['payment'] })).toEqual([5, 7])
    expect(await began({ fromMs: 8_000, services: ['payment'] })).toEqual([7])
    expect(await changes.changesBetween({ ...all, toMs: 4_999 })).toEqual([])
    expect(
      (await changes.changesBetween({ ...all, services: ['checkout'] })).map((one) => one.service),
    ).toEqual(['checkout'])
  })

  const pair = (percent: number, atMs: number, configs: readonly [string, string], commit = 'v1-commit') => ({
    ...entry('v1-b', percent, atMs),
    commit,
    previousCommit: 'v1-commit',
    previousConfigCommit: configs[0].repeat(40),
    configCommit: configs[1].repeat(40),
  })

  it('of the configuration alone are changes of that, in words by key', async () => {
    const history = new DeployHistory(file)
    history.record(pair(100, 5_000, ['a', 'b']))
    const asked: unknown[] = []
    const describeConfig = async (change: unknown) => {
      asked.push(change)
      return 'LIMIT 70 -> 72'
    }
    const [change] = await deployChanges(history, describeConfig).changesBetween(all)
    expect(change).toMatchObject({
      kind: 'config',
      summary: 'configuration bbbbbbbb in place of aaaaaaaa: LIMIT 70 -> 72',
      commit: 'b'.repeat(40),
      previousCommit: 'a'.repeat(40),
      newInstances: ['v1-b'],
      oldInstances: ['v1'],
    })
    expect(asked).toEqual([{ service: 'payment', from: 'a'.repeat(40), to: 'b'.repeat(40) }])
  })

  it('of the configuration that are taken back are changes of it the other way round', async () => {
    const history = new DeployHistory(file)
    history.record(pair(10, 5_000, ['a', 'b']))
    history.record(pair(0, 6_000, ['a', 'b']))
    const [, back] = await deployChanges(history).changesBetween(all)
    expect(back).toMatchObject({
      kind: 'config',
      summary: 'configuration aaaaaaaa in place of bbbbbbbb',
      commit: 'a'.repeat(40),
      previousCommit: 'b'.repeat(40),
    })
  })

  it('of the configuration alone do not hide the deploy that stands from before the window', async () => {
    const history = new DeployHistory(file)
    history.record(entry('v1', 100, 1_000, null))
    history.record(pair(100, 5_000, ['a', 'b']))
    const changes = await deployChanges(history).changesBetween({ ...all, fromMs: 6_000 })
    expect(changes.map(({ kind }) => kind)).toEqual(['deploy', 'config'])
  })

  it('of code and configuration at once are deploys of the code that say so', async () => {
    const history = new DeployHistory(file)
    history.record(pair(100, 5_000, ['a', 'b'], 'v2-commit'))
    history.record(pair(100, 6_000, ['b', 'b'], 'v3-commit'))
    const [first] = await deployChanges(history).changesBetween(all)
    expect(first).toMatchObject({ kind: 'deploy', commit: 'v2-commit', previousCommit: 'v1-commit' })
    expect(first?.summary).toBe(
      'payment v1-b in place of v1, with configuration bbbbbbbb in place of aaaaaaaa',
    )
  })
})
