import type { Change } from '../signals/telemetry.ts'

/** A change that put something into production, with the commits that came with it. */
export interface ReleaseChange {
  readonly change: Change
  /** Newest first; empty where none are known, and for a change that is itself a commit. */
  readonly commits: readonly Change[]
}

/** Commits that no deploy brought are weighed themselves, the newest few of a service only. */
const LOOSE_COMMITS = 3

/**
 * Puts commits inside the deploy that brought them: after `previousCommit` up to `commit` where the deploy names them, else
 * those written since the service's deploy before. A commit that was not deployed yet cannot be at fault, unless the
 * service's deploys are not known at all. What went into production before `since` (epoch seconds) is no candidate: it only
 * says what ran.
 */
export function releaseChanges(changes: readonly Change[], since = -Infinity): readonly ReleaseChange[] {
  const services = Map.groupBy(changes, ({ service }) => service)
  return [...services.values()].flatMap((own) => {
    const commits = own.filter(({ kind }) => kind === 'commit').sort((a, b) => b.at - a.at)
    const releases = own.filter(({ kind }) => kind !== 'commit').sort((a, b) => a.at - b.at)
    if (!releases.some(({ kind }) => kind === 'deploy'))
      return [...releases, ...commits.slice(0, LOOSE_COMMITS)].map((change) => ({ change, commits: [] }))
    return releases
      .map((change, at) => ({
        change,
        commits: change.kind === 'deploy' ? commitsOf(change, lastDeployBefore(releases, at), commits) : [],
      }))
      .filter(({ change }) => change.at >= since)
  })
}

function lastDeployBefore(releases: readonly Change[], at: number): Change | null {
  return releases.slice(0, at).findLast(({ kind }) => kind === 'deploy') ?? null
}

/** `commits` newest first. A commit that is named and not among them is older than all of them: the list is bounded. */
function commitsOf(deploy: Change, before: Change | null, commits: readonly Change[]): readonly Change[] {
  const previous = deploy.previousCommit ?? before?.commit
  const named = deploy.commit !== undefined
  const first = commits.findIndex((commit) => isCommit(commit, deploy.commit))
  if (named && first === -1) return []
  const deployed = named ? commits.slice(first) : commits.filter(({ at }) => at <= deploy.at)
  const end = deployed.findIndex((commit) => isCommit(commit, previous))
  if (end !== -1) return deployed.slice(0, end)
  return previous === undefined ? deployed.filter(({ at }) => before === null || at > before.at) : deployed
}

function isCommit(commit: Change, hash: string | undefined): boolean {
  return (
    hash !== undefined &&
    hash !== '' &&
    (commit.commit === hash || commit.id === hash || commit.id.endsWith(hash))
  )
}
