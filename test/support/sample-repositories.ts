import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export type Files = Readonly<Record<string, string | null>>

const ENVIRONMENT = {
  PATH: process.env.PATH ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Payments team',
  GIT_AUTHOR_EMAIL: 'payments@example.com',
  GIT_COMMITTER_NAME: 'Payments team',
  GIT_COMMITTER_EMAIL: 'payments@example.com',
}

/** A repository with one commit for each set of files; null deletes a file. */
export class SampleRepository {
  readonly directory: string

  constructor(...commits: readonly Files[]) {
    this.directory = mkdtempSync(join(tmpdir(), 'ccp-sample-'))
    this.git('init', '-q', '-b', 'main')
    for (const files of commits) this.commit(files, 'a commit')
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: this.directory, env: ENVIRONMENT, encoding: 'utf8' })
  }

  write(files: Files): void {
    for (const [path, text] of Object.entries(files)) {
      const full = join(this.directory, path)
      mkdirSync(dirname(full), { recursive: true })
      if (text === null) rmSync(full)
      else writeFileSync(full, text)
    }
  }

  commit(files: Files, message: string): string {
    this.write(files)
    this.git('add', '-A')
    this.git('commit', '-q', '--allow-empty', '-m', message)
    return this.git('rev-parse', 'HEAD').trim()
  }

  /** The diff by which the files would change; the repository stays as it is. */
  diffOf(files: Files): string {
    this.write(files)
    this.git('add', '-A')
    const diff = this.git('diff', '--cached', '--binary', 'HEAD')
    this.git('reset', '-q', '--hard', 'HEAD')
    return diff
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}
