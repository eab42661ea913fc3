import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { buildRepositories, type Repository } from '../../demo/shop/build-repositories.ts'
import { serviceNames, services, standingServices, type ServiceName } from '../../demo/shop/services.ts'
import { describeWith } from '../support/needs.ts'

const nowMs = Date.UTC(2026, 10, 23, 14, 0, 0)
const directory = mkdtempSync(join(tmpdir(), 'shop-history-'))
let repositories: Record<ServiceName, Repository>

beforeAll(async () => {
  repositories = await buildRepositories(join(directory, 'first'), nowMs)
})
afterAll(() => rmSync(directory, { recursive: true }))

const git = async (service: ServiceName, ...args: string[]) =>
  (await execa('git', args, { cwd: repositories[service].path })).stdout.split('\n')

/** Every release and every commit that brings a fault, once each. */
function namedCommits({ releases }: Repository): readonly (readonly [string, string])[] {
  const named = Object.entries(releases).flatMap(([name, { commit, culprit }]) => [
    [commit, name] as const,
    ...(culprit === null ? [] : [[culprit, `${name}-culprit`] as const]),
  ])
  return [...new Map(named)].map(([commit, name]) => [name, commit])
}

describe('the history of the shop', () => {
  it.each([
    ['payment', 25],
    ['gateway', 8],
    ['checkout', 8],
    ['inventory', 8],
    ['shipping', 8],
    ['loyalty', 8],
  ] as const)(
    'has for %s at least %i commits by teams, over weeks, the last of them this hour or today',
    async (service, least) => {
      const commits = (await git(service, 'log', '--format=%ct|%at|%an|%ae', 'main')).map((line) =>
        line.split('|'),
      )
      expect(commits.length).toBeGreaterThanOrEqual(least)
      for (const [committed, authored, name, address] of commits) {
        expect(committed).toBe(authored)
        expect(`${name} <${address}>`).toMatch(/^[A-Z][a-z]+ team <[a-z]+@shop\.example>$/)
      }
      const times = commits.map(([committed]) => Number(committed) * 1000)
      expect(times).toEqual([...times].sort((left, right) => right - left))
      expect(nowMs - (times[0] ?? 0)).toBeLessThan(8 * 3_600_000)
      expect((times[0] ?? 0) - (times.at(-1) ?? 0)).toBeGreaterThan(30 * 86_400_000)
    },
  )

  it('is the same to the last bit for the same time, whatever git is configured to do', async () => {
    vi.stubEnv('GIT_AUTHOR_NAME', 'nobody')
    vi.stubEnv('GIT_COMMITTER_DATE', '2001-01-01T00:00:00Z')
    vi.stubEnv('GIT_DIR', join(directory, 'elsewhere'))
    vi.stubEnv('HOME', directory)
    const again = await buildRepositories(join(directory, 'second'), nowMs).finally(() => vi.unstubAllEnvs())
    for (const service of serviceNames) expect(again[service].commits).toEqual(repositories[service].commits)
    const later = await buildRepositories(join(directory, 'third'), nowMs + 60_000)
    expect(later.payment.commits.deployed).not.toBe(repositories.payment.commits.deployed)
  })

  it.each([
    ['payment', 'payment/receipt.py', 'country = address'],
    ['shipping', 'src/main/java/shop/shipping/Labels.java', 'note = delivery'],
    ['loyalty', 'internal/points/order.go', 'if order.Member.Campaign.Factor'],
  ] as const)(
    'brings the fault of %s in one commit, with harmless ones before and after it in the release',
    async (service, file, line) => {
      const { healthy, culprit, deployed } = repositories[service].commits
      if (culprit === null) throw new Error(`${service} has no culprit`)
      expect((await git(service, 'rev-list', `${healthy}..${culprit}`)).length).toBeGreaterThanOrEqual(2)
      expect((await git(service, 'rev-list', `${culprit}..${deployed}`)).length).toBeGreaterThanOrEqual(2)
      const blame = await git(service, 'blame', '-l', '-s', '-L', `/${line}/,+1`, deployed, file)
      expect(blame[0]).toContain(culprit)
      // Neither the newest commit of the release nor the newest of that file is the one to blame.
      expect((await git(service, 'log', '-1', '--format=%H', '--', file))[0]).not.toBe(culprit)
    },
  )

  it('brings no fault to the others', () => {
    for (const service of ['gateway', 'checkout', 'inventory'] as const)
      expect(repositories[service].commits.culprit).toBeNull()
  })

  it('has the releases tagged and the work tree at the deployed commit', async () => {
    for (const service of serviceNames) {
      const { commits, versions } = repositories[service]
      expect(await git(service, 'rev-parse', versions.healthy, versions.deployed, 'HEAD')).toEqual([
        commits.healthy,
        commits.deployed,
        commits.deployed,
      ])
      expect(await git(service, 'status', '--porcelain')).toEqual([''])
    }
  })

  it.each(standingServices)('passes the tests of %s at every named commit', passesItsTests)

  it('refuses to build over repositories that are there', async () => {
    await expect(buildRepositories(join(directory, 'first'), nowMs)).rejects.toMatchObject({
      code: 'conflict',
    })
  })
})

for (const toolchain of ['java', 'go'] as const) {
  describeWith([toolchain], `the history of the shop in ${toolchain}`, () => {
    const names = serviceNames.filter((name) => services[name].toolchain === toolchain)
    it.each(names)('passes the tests of %s at every named commit', passesItsTests)
  })
}

async function passesItsTests(service: ServiceName): Promise<void> {
  for (const [name, commit] of namedCommits(repositories[service])) {
    const checkout = join(directory, `${service}-${name}`)
    await git(service, 'worktree', 'add', '--quiet', '--detach', checkout, commit)
    const [program, ...args] = services[service].testCommand
    const env = { PYTHONDONTWRITEBYTECODE: '1', NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined }
    const result = await execa(program, args, { cwd: checkout, env, reject: false, all: true })
    expect(`${name}: ${result.exitCode}\n${result.all}`).toMatch(/^[\w-]+: 0\n/)
    expect(result.all).toMatch(/Ran \d\d tests|pass \d\d|(?:--- PASS: [^]*){10}/)
  }
}
