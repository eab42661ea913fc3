import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { stageDeploys } from '../../demo/shop/stage-deploys.ts'
import { DeployHistory } from '../../src/integrations/processes/deploy-history.ts'
import { buildRepositories, type Repository, type ShopRelease } from '../../demo/shop/build-repositories.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccp-stage-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function healthyOf({ releases }: Repository): ShopRelease {
  const { healthy } = releases
  if (healthy === undefined) throw new Error('there is no healthy release')
  return healthy
}

it('a scenario begins with releases that are days old, and nothing of the scenario before', async () => {
  const nowMs = Date.UTC(2026, 10, 23, 14, 0, 0)
  const repositories = Object.values(await buildRepositories(join(folder, 'repositories'), nowMs))
  const history = new DeployHistory(join(folder, 'target', 'deploys.jsonl'))
  history.record({
    service: 'payment',
    version: 'v9',
    commit: 'c',
    previousVersion: null,
    previousCommit: null,
    percent: 100,
    atMs: nowMs,
  })
  const standing = repositories.map((repository) => ({
    repository,
    ...healthyOf(repository),
    configCommit: repository.service === 'payment' ? 'f'.repeat(40) : undefined,
  }))
  await stageDeploys(join(folder, 'target', 'deploys.jsonl'), standing)
  const staged = history.entries()
  expect(staged.map(({ service, version, percent }) => `${service} ${version} ${percent}`)).toEqual(
    repositories.map(({ service, versions }) => `${service} ${versions.healthy} 100`),
  )
  const configured = staged.filter(({ configCommit }) => configCommit !== undefined)
  expect(configured).toMatchObject([{ service: 'payment', configCommit: 'f'.repeat(40) }])
  for (const { atMs } of staged) expect(nowMs - atMs).toBeGreaterThan(2 * 86_400_000)
})
