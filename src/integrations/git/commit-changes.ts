import { CcpError, toCcpError } from '../../pipeline/errors.ts'
import { readLog } from './commit-log.ts'
import { mergedBy } from './merged-commits.ts'
import { revertsOf } from './reverts.ts'
import { touchedSymbols } from './touched-symbols.ts'
import type { ChangeSource, Window } from '../../pipeline/rca/ports.ts'
import type { ServiceDefinition } from '../../pipeline/services.ts'
import type { Change } from '../../pipeline/signals/telemetry.ts'
import type { Clone, ClonedRepositories } from './clones.ts'
import type { LoggedCommit } from './commit-log.ts'

export interface CommitChangesOptions {
  /** At most so many commits of one branch: the newest. */
  readonly limit?: number
  readonly timeoutMs?: number
  /** What was deployed: those commits are read too where they are on no service's branch. */
  readonly deploys?: ChangeSource
  /** Told in words of what could not be read as it should be; the diagnosis is told as well. */
  readonly onLack?: (text: string) => void
}

/** Read however old they are: a release may hold commits from before the window. */
const NEWEST = 100
/** Brought in by the merges among them. */
const MOST_MERGED = 500
/** Newest commits of which the functions are read. */
const WITH_SYMBOLS = 50
const MAX_FILES = 50

const FIRST_PARENT = ['--first-parent', '--diff-merges=first-parent', '--name-only', '--ignore-missing']

/**
 * The commits on the services' branches, and on what was deployed beside them, as changes: a merge with the commits that it
 * brought, a revert with those that it takes back. The log is bounded: it never walks the whole history.
 */
export class CommitChanges implements ChangeSource {
  readonly #services: readonly ServiceDefinition[]
  readonly #clones: ClonedRepositories
  readonly #options: CommitChangesOptions

  constructor(
    services: readonly ServiceDefinition[],
    clones: ClonedRepositories,
    options: CommitChangesOptions = {},
  ) {
    this.#services = services
    this.#clones = clones
    this.#options = options
  }

  /** Throws CcpError `unavailable` where no repository has answered or been cloned before. */
  async changesBetween(
    window: Window,
    lack: (text: string) => void = () => undefined,
  ): Promise<readonly Change[]> {
    const asked = this.#services.filter((service) => window.services.includes(service.name))
    const tell = (text: string): void => {
      this.#options.onLack?.(text)
      lack(text)
    }
    const deploys = (await this.#options.deploys?.changesBetween(window, tell)) ?? []
    const answers = await Promise.allSettled(
      asked.map((service) => this.#changesOf(service, window, { tips: tipsOf(service, deploys), tell })),
    )
    const failures = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [toCcpError(answer.reason).message] : [],
    )
    if (failures.length > 0 && failures.length === asked.length)
      throw new CcpError('unavailable', `commits cannot be read: ${failures.join('; ')}`)
    for (const failure of failures) tell(`commits: ${failure}`)
    return answers
      .flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      .toSorted((a, b) => a.at - b.at)
  }

  async #changesOf(
    service: ServiceDefinition,
    window: Window,
    { tips, tell }: { readonly tips: readonly string[]; readonly tell: (text: string) => void },
  ): Promise<readonly Change[]> {
    const clone = await this.#clones.open(service)
    if (clone.stale !== null) tell(`commits: ${clone.stale}`)
    const branch = await this.#branch(clone, window, tips)
    const merged = await this.#merged(clone, branch)
    const merges = mergedBy(branch, merged)
    const commits = [...branch, ...merged.filter(({ commit }) => merges.has(commit))]
    const symbols = await this.#symbols(clone, commits).catch((thrown: unknown) => {
      tell(
        `commits: which functions those of ${service.name} touched is not known: ${toCcpError(thrown).message}`,
      )
      return new Map<string, readonly string[]>()
    })
    const among = commits.toSorted((a, b) => b.atMs - a.atMs)
    return Promise.all(
      commits.map(async (commit) => ({
        ...toChange(service.name, commit),
        ...filesOf(commit, merges, merged),
        ...known('symbols', symbols.get(commit.commit)),
        ...known('mergedBy', merges.get(commit.commit)),
        ...known('reverts', await revertsOf(clone.directory, commit, among)),
      })),
    )
  }

  /** The branch as it grew: the newest commits, or all of the window where those are more. */
  async #branch(clone: Clone, window: Window, tips: readonly string[]): Promise<readonly LoggedCommit[]> {
    const { limit = 500 } = this.#options
    const until = `--until=@${Math.ceil(window.toMs / 1000)}`
    const newest = await this.#log(
      clone,
      [...FIRST_PARENT, until, `--max-count=${Math.min(NEWEST, limit)}`],
      [clone.head, ...tips],
    )
    const oldest = newest.at(-1)
    if (newest.length < NEWEST || limit <= NEWEST || oldest === undefined || oldest.atMs < window.fromMs)
      return newest
    const since = `--since=@${Math.floor(window.fromMs / 1000)}`
    return this.#log(clone, [...FIRST_PARENT, until, since, `--max-count=${limit}`], [clone.head, ...tips])
  }

  /** What the merges of the branch brought, whenever it was written. */
  #merged(
    clone: Clone,
    branch: readonly LoggedCommit[],
  ): Promise<readonly LoggedCommit[]> | readonly LoggedCommit[] {
    const merges = branch.filter(({ parents }) => parents.length > 1)
    if (merges.length === 0) return []
    const brought = merges.flatMap(({ parents }) => parents.slice(1))
    const own = new Set(branch.map(({ commit }) => commit))
    const before = branch.flatMap(({ parents: [first] }) =>
      first === undefined || own.has(first) ? [] : [`^${first}`],
    )
    return this.#log(clone, ['--name-only', `--max-count=${MOST_MERGED}`], [...brought, ...before])
  }

  async #symbols(
    clone: Clone,
    commits: readonly LoggedCommit[],
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const newest = commits.filter(({ parents }) => parents.length < 2).slice(0, WITH_SYMBOLS)
    const hashes = newest.map(({ commit }) => commit)
    return touchedSymbols(clone.directory, hashes, this.#options.timeoutMs ?? 5_000)
  }

  #log(
    clone: Clone,
    args: readonly string[],
    revisions: readonly string[],
  ): Promise<readonly LoggedCommit[]> {
    const all = [...args, '--end-of-options', ...revisions, '--']
    return readLog(clone.directory, all, this.#options.timeoutMs ?? 5_000)
  }
}

const HASH = /^[0-9a-f]{7,64}$/

function tipsOf(service: ServiceDefinition, deploys: readonly Change[]): readonly string[] {
  const own = deploys.filter(({ service: name, kind }) => name === service.name && kind === 'deploy')
  return [
    ...new Set(own.flatMap(({ commit }) => (commit !== undefined && HASH.test(commit) ? [commit] : []))),
  ]
}

function toChange(service: string, commit: LoggedCommit): Change {
  return {
    id: commit.commit,
    service,
    kind: 'commit',
    at: commit.atMs / 1000,
    summary: commit.subject,
    completedAt: null,
    newInstances: [],
    oldInstances: [],
    targetReplicas: null,
    commit: commit.commit,
    ...(commit.parents[0] === undefined ? {} : { previousCommit: commit.parents[0] }),
  }
}

/** Of a merge: how many commits it brought, and the files that it changed beyond theirs. */
function filesOf(
  commit: LoggedCommit,
  merges: ReadonlyMap<string, string>,
  merged: readonly LoggedCommit[],
): Pick<Change, 'files'> & Partial<Pick<Change, 'summary'>> {
  if (commit.parents.length < 2) return { files: commit.files.slice(0, MAX_FILES) }
  const brought = merged.filter((other) => merges.get(other.commit) === commit.commit)
  const theirs = new Set(brought.flatMap(({ files }) => files))
  const count = brought.length === 1 ? '1 commit' : `${brought.length} commits`
  return {
    files: commit.files.filter((file) => !theirs.has(file)).slice(0, MAX_FILES),
    summary: `${commit.subject} (merge of ${count})`,
  }
}

/** The field, where there is something to tell. */
function known<Name extends 'symbols' | 'mergedBy' | 'reverts'>(
  name: Name,
  value: Change[Name],
): Pick<Change, Name> | Record<string, never> {
  return value === undefined || value.length === 0 ? {} : ({ [name]: value } as Pick<Change, Name>)
}
