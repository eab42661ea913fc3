import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildConfigRepository, type ConfigRepository } from '../../demo/shop/build-config-repository.ts'
import { buildRepositories, type Repository } from '../../demo/shop/build-repositories.ts'

const nowMs = Date.UTC(2026, 10, 23, 14, 0, 0)
const directory = mkdtempSync(join(tmpdir(), 'shop-config-'))
let config: ConfigRepository
let payment: Repository

beforeAll(async () => {
  config = await buildConfigRepository(directory, nowMs)
  payment = (await buildRepositories(join(directory, 'code'), nowMs)).payment
})
afterAll(() => rmSync(directory, { recursive: true }))

const git = async (path: string, ...args: string[]) => (await execa('git', args, { cwd: path })).stdout

async function checkout(path: string, name: string, commit: string): Promise<string> {
  const to = join(directory, name)
  await git(path, 'worktree', 'add', '--quiet', '--detach', to, commit)
  return to
}

const unittest = (cwd: string, env: Record<string, string> = {}) =>
  execa('python3', ['-m', 'unittest', 'discover', '-s', 'tests'], { cwd, env, reject: false, all: true })

describe('the repository of settings', () => {
  it('has a history by teams, with the fault between harmless changes of the same release', async () => {
    const commits = (await git(config.path, 'log', '--format=%H|%an|%ae', 'main')).split('\n')
    expect(commits.length).toBeGreaterThanOrEqual(8)
    for (const line of commits) expect(line).toMatch(/^\w+\|[A-Z][a-z]+ team\|[a-z]+@shop\.example$/)
    const { healthy, deployed } = config.releases
    const inRelease = await git(config.path, 'rev-list', `${healthy}..${deployed}`)
    expect(inRelease.split('\n')).toContain(config.culprit)
    expect(deployed).not.toBe(config.culprit)
  })

  it('passes its own tests at every release, the faulty one too: they cannot see the mistake', async () => {
    for (const [name, commit] of Object.entries(config.releases)) {
      const result = await unittest(await checkout(config.path, `config-${name}`, commit))
      expect(`${name}: ${result.exitCode}\n${result.all}`).toMatch(/^\w+: 0\n/)
    }
  })

  it('lets payment pass its tests with the healthy settings, and not with the faulty ones', async () => {
    const code = await checkout(payment.path, 'payment', payment.commits.healthy)
    const file = (name: string) => join(directory, `config-${name}`, 'payment.env')
    expect((await unittest(code, { CONFIG_FILE: file('healthy') })).exitCode).toBe(0)
    const faulty = await unittest(code, { CONFIG_FILE: file('deployed') })
    expect(faulty.exitCode).toBe(1)
    expect(faulty.all).toContain("KeyError: 'GBP'")
  })
})
