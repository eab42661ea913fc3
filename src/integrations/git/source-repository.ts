import { CcpError } from '../../pipeline/errors.ts'
import { readLog } from './commit-log.ts'
import { gitText, runGit } from './git.ts'
import { readChangedLines } from './read-changed-lines.ts'
import { revertsOf } from './reverts.ts'
import { assertRepositoryPath, resolveCommit } from './revisions.ts'
import type { CommitSummary } from '../../pipeline/contracts.ts'
import type {
  ChangedLines,
  LineRange,
  SourceRepository,
  TouchingCommit,
} from '../../pipeline/localization/ports.ts'
import type { LoggedCommit } from './commit-log.ts'

const MAX_FILE_BYTES = 16 * 1024 * 1024
/** How far back the history without a beginning is read, along first parents. */
const LATEST_COMMITS = 1_000
const MAX_CACHED_TREES = 4
const BLAME_TIMEOUT_MS = 2_000
const REGULAR_FILE = /^100\d{3}$/

type Tree = ReadonlyMap<string, string>

/** Reads one repository, bare or not, at given commits; the work tree is never looked at. */
export class GitSourceRepository implements SourceRepository {
  readonly directory: string
  readonly #known = new Set<string>()
  readonly #trees = new Map<string, Promise<Tree>>()

  constructor(directory: string) {
    this.directory = directory
  }

  /** Regular files only: a link could lead out of the repository, a submodule is another one. */
  async filesAt(commit: string): Promise<readonly string[]> {
    return [...(await this.#tree(await this.#resolve(commit))).keys()]
  }

  async readFile(commit: string, path: string): Promise<string | null> {
    assertRepositoryPath(path)
    const blob = (await this.#tree(await this.#resolve(commit))).get(path)
    if (blob === undefined) return null
    return gitText(this.directory, ['cat-file', 'blob', blob], { maxBytes: MAX_FILE_BYTES })
  }

  async blame(commit: string, path: string, line: number, since?: string): Promise<CommitSummary | null> {
    const args = ['blame', '-w', '--porcelain', '-L', `${line},${line}`]
    const bound = since === undefined ? [] : [`^${await this.#resolve(since)}`]
    const all = [...args, await this.#resolve(commit), ...bound, '--', assertRepositoryPath(path)]
    // Exit code 128: the file is not there, or has fewer lines. A line that stood through thousands of changes may take long.
    const result = await runGit(this.directory, all, { accept: [128], timeoutMs: BLAME_TIMEOUT_MS }).catch(
      unlessLate,
    )
    const text = result?.exitCode === 0 ? result.stdout.toString('utf8') : ''
    // The first commit of all is marked like the edge of what is searched.
    const isOlder = since !== undefined && /^boundary$/m.test(text)
    return text === '' || isOlder ? null : readBlame(text)
  }

  async commitsTouching(query: {
    readonly until: string
    readonly since: string | null
    readonly paths: readonly string[]
    readonly limit: number
  }): Promise<readonly TouchingCommit[]> {
    const range = await this.#range(query.until, query.since)
    const args = ['--name-only', '--no-merges', `--max-count=${query.limit}`, '--end-of-options', ...range]
    const commits = await readLog(this.directory, [...args, '--', ...query.paths.map(assertRepositoryPath)])
    return Promise.all(
      commits.map(async (commit) => ({
        ...toSummary(commit),
        files: commit.files,
        reverts: await revertsOf(this.directory, commit, commits),
      })),
    )
  }

  async commitsTouchingLines(query: {
    readonly until: string
    readonly since: string
    readonly path: string
    readonly lines: LineRange
    readonly limit: number
  }): Promise<readonly CommitSummary[]> {
    const [until, since] = [await this.#resolve(query.until), await this.#resolve(query.since)]
    // Git refuses to follow lines through an empty range.
    const isEmpty = await runGit(this.directory, ['merge-base', '--is-ancestor', until, since], {
      accept: [1],
    })
    if (isEmpty.exitCode === 0) return []
    const lines = `-L${query.lines.from},${query.lines.to}:${assertRepositoryPath(query.path)}`
    const args = ['--no-patch', '--no-merges', `--max-count=${query.limit}`, lines, '--end-of-options']
    return (await readLog(this.directory, [...args, until, `^${since}`])).map(toSummary)
  }

  async linesChanged(since: string, until: string): Promise<readonly ChangedLines[]> {
    const form = ['--unified=0', '--no-color', '--no-ext-diff', '--no-textconv', '--find-renames']
    const prefixes = ['--src-prefix=a/', '--dst-prefix=b/']
    const range = ['--end-of-options', await this.#resolve(since), await this.#resolve(until)]
    return readChangedLines(await gitText(this.directory, ['diff', ...form, ...prefixes, ...range, '--']))
  }

  async #range(until: string, since: string | null): Promise<readonly string[]> {
    const to = await this.#resolve(until)
    if (since !== null) return [to, `^${await this.#resolve(since)}`]
    // A path that is seldom touched would make git walk to the first commit.
    const oldest = await resolveCommit(this.directory, `${to}~${LATEST_COMMITS}`).catch(() => null)
    return oldest === null ? [to] : [to, `^${oldest}`]
  }

  /** A full hash means the same commit for ever, so that it is there is asked once. */
  async #resolve(revision: string): Promise<string> {
    if (this.#known.has(revision)) return revision
    const commit = await resolveCommit(this.directory, revision)
    this.#known.add(commit)
    return commit
  }

  #tree(commit: string): Promise<Tree> {
    const known = this.#trees.get(commit)
    if (known !== undefined) return known
    const read = this.#readTree(commit)
    this.#trees.set(commit, read)
    // A failed read is not remembered.
    read.catch(() => this.#trees.delete(commit))
    const oldest = this.#trees.keys().next().value
    if (this.#trees.size > MAX_CACHED_TREES && oldest !== undefined) this.#trees.delete(oldest)
    return read
  }

  async #readTree(commit: string): Promise<Tree> {
    const text = await gitText(this.directory, ['ls-tree', '-r', '-z', '--full-tree', commit])
    const entries = text.split('\0').flatMap((entry): (readonly [string, string])[] => {
      const tab = entry.indexOf('\t')
      const [mode = '', , blob = ''] = entry.slice(0, tab).split(' ')
      return tab !== -1 && REGULAR_FILE.test(mode) ? [[entry.slice(tab + 1), blob]] : []
    })
    return new Map(entries)
  }
}

function toSummary(commit: LoggedCommit): CommitSummary {
  return { commit: commit.commit, author: commit.author, atMs: commit.atMs, subject: commit.subject }
}

function unlessLate(thrown: unknown): null {
  if (thrown instanceof CcpError && thrown.code === 'timeout') return null
  throw thrown
}

function readBlame(text: string): CommitSummary {
  const commit = /^([0-9a-f]{40,64}) /.exec(text)?.[1]
  const field = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1] ?? ''
  if (commit === undefined) throw new CcpError('internal', 'git blame answered in a form that is not known')
  return {
    commit,
    author: field('author'),
    atMs: Number(field('committer-time')) * 1000,
    subject: field('summary'),
  }
}
