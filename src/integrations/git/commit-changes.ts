import { CcpError, toCcpError } from '../../pipeline/errors.ts'
import { readLog } from './commit-log.ts'
import type { ChangeSource, Window } from '../../pipeline/rca/ports.ts'
import type { ServiceDefinition } from '../../pipeline/services.ts'
import type { Change } from '../../pipeline/signals/telemetry.ts'
import type { ClonedRepositories } from './clones.ts'
import type { LoggedCommit } from './commit-log.ts'

export interface CommitChangesOptions {
  /** At most so many commits of one repository: the newest. */
  readonly limit?: number
  readonly timeoutMs?: number
  /** Told when a repository is read as it last was, because it cannot be fetched. */
  readonly onStale?: (text: string) => void
}

const MAX_FILES = 50
const REVERTS = /This reverts commit ([0-9a-f]{7,64})/

/** The commits on the services' branches as changes; a merge stands for the branch it brought in. */
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

  /** Throws CcpError `unavailable` where a repository has neither answered nor been cloned before. */
  async changesBetween(window: Window): Promise<readonly Change[]> {
    const asked = this.#services.filter((service) => window.services.includes(service.name))
    const answers = await Promise.allSettled(asked.map((service) => this.#changesOf(service, window)))
    const failures = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [toCcpError(answer.reason).message] : [],
    )
    if (failures.length > 0)
      throw new CcpError('unavailable', `commits cannot be read: ${failures.join('; ')}`)
    return answers
      .flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      .toSorted((a, b) => a.at - b.at)
  }

  async #changesOf(service: ServiceDefinition, window: Window): Promise<readonly Change[]> {
    const clone = await this.#clones.open(service)
    if (clone.stale !== null) this.#options.onStale?.(clone.stale)
    const args = [
      // The branch as it grew: what a merge brought in is told by the merge.
      '--first-parent',
      '--diff-merges=first-parent',
      '--name-only',
      `--since=@${Math.floor(window.fromMs / 1000)}`,
      `--until=@${Math.ceil(window.toMs / 1000)}`,
      `--max-count=${this.#options.limit ?? 500}`,
      '--end-of-options',
      clone.head,
      '--',
    ]
    const commits = await readLog(clone.directory, args, this.#options.timeoutMs ?? 5_000)
    return commits.map((commit) => toChange(service.name, commit))
  }
}

function toChange(service: string, commit: LoggedCommit): Change {
  return {
    id: commit.commit,
    service,
    kind: 'commit',
    at: commit.atMs / 1000,
    summary: summaryOf(commit),
    completedAt: null,
    newInstances: [],
    oldInstances: [],
    targetReplicas: null,
    commit: commit.commit,
    ...(commit.parents[0] === undefined ? {} : { previousCommit: commit.parents[0] }),
    files: commit.files.slice(0, MAX_FILES),
  }
}

function summaryOf(commit: LoggedCommit): string {
  const reverted = REVERTS.exec(commit.body)?.[1]
  if (reverted !== undefined) return `${commit.subject} (takes back ${reverted.slice(0, 12)})`
  const files = commit.files.length
  if (commit.parents.length > 1)
    return `${commit.subject} (merge, ${files} ${files === 1 ? 'file' : 'files'})`
  return commit.subject
}
