import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ServiceDefinition } from '../../../src/pipeline/services.ts'

export const FIRST_COMMIT_MS = Date.UTC(2024, 0, 1)
const HOUR_MS = 3_600_000

/** A new directory that is gone when the test is. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ccp-git-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A real repository to which commits are added, an hour apart, by the "Payments team". */
export class TemporaryRepository {
  readonly directory: string
  #commits = 0

  constructor(directory = temporaryDirectory()) {
    this.directory = directory
    this.git('init', '--quiet', '--initial-branch=main', '.')
  }

  git(...args: readonly string[]): string {
    const at = `@${FIRST_COMMIT_MS / 1000 + (this.#commits * HOUR_MS) / 1000} +0000`
    const env = {
      PATH: process.env['PATH'],
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      GIT_AUTHOR_NAME: 'Payments team',
      GIT_AUTHOR_EMAIL: 'payments@example.org',
      GIT_AUTHOR_DATE: at,
      GIT_COMMITTER_NAME: 'Payments team',
      GIT_COMMITTER_EMAIL: 'payments@example.org',
      GIT_COMMITTER_DATE: at,
    }
    return execFileSync('git', args, { cwd: this.directory, env, encoding: 'utf8', stdio: 'pipe' }).trim()
  }

  /** Writes the files (null deletes one) and commits them. */
  commit(subject: string, files: Readonly<Record<string, string | null>>): string {
    this.#commits += 1
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.directory, path)
      mkdirSync(dirname(file), { recursive: true })
      if (content === null) rmSync(file)
      else writeFileSync(file, content)
    }
    this.git('add', '--all')
    this.git('commit', '--quiet', '--allow-empty', '--message', subject)
    return this.head()
  }

  /** Merges a branch into the one that is checked out, with a commit of its own. */
  merge(subject: string, branch: string): string {
    this.#commits += 1
    this.git('merge', '--quiet', '--no-ff', '--message', subject, branch)
    return this.head()
  }

  head(): string {
    return this.git('rev-parse', 'HEAD')
  }
}

export function aService(changes: Partial<ServiceDefinition>): ServiceDefinition {
  return {
    name: 'payment',
    repository: '/nowhere',
    branch: 'main',
    language: 'python',
    dependsOn: [],
    criticality: 'high',
    pagerdutyServiceIds: [],
    codeRoots: ['/app'],
    testCommand: null,
    startCommand: null,
    environment: {},
    healthPath: '/health',
    objective: { errorRatio: 0.01, latencyP95Ms: null },
    protectedPaths: [],
    ...changes,
  }
}
