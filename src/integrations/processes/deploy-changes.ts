import type { ChangeSource } from '../../pipeline/rca/ports.ts'
import type { Change } from '../../pipeline/signals/telemetry.ts'
import type { DeployEntry, DeployHistory } from './deploy-history.ts'

/**
 * The deploys of the local target, as the RCA stage wants them: one change from its first share of traffic to the last. The
 * newest of each service before the window comes along, for it says what was in production when the window began.
 */
export function deployChanges(history: DeployHistory): ChangeSource {
  return {
    async changesBetween({ services, fromMs, toMs }) {
      const known = history.entries().filter((entry) => entry.atMs <= toMs)
      return services
        .flatMap((service) =>
          fromStanding(changesOf(known.filter((entry) => entry.service === service)), fromMs),
        )
        .toSorted((a, b) => a.at - b.at)
    },
  }
}

/** Those of the window and the one before them; oldest first, as they are given. */
function fromStanding(changes: readonly Change[], fromMs: number): readonly Change[] {
  const first = changes.findIndex((change) => change.at * 1000 >= fromMs)
  return changes.slice(Math.max(0, (first === -1 ? changes.length : first) - 1))
}

/** Entries of one service, folded: the weights of one version are one change; a return to 0 is another. */
function changesOf(entries: readonly DeployEntry[]): readonly Change[] {
  const changes: Change[] = []
  let open: DeployEntry | null = null
  for (const entry of entries) {
    if (entry.percent === 0) {
      if (open?.version === entry.version) changes.push(rollBackOf(entry))
      open = null
    } else if (open?.version !== entry.version) {
      changes.push(deployOf(entry))
      open = entry
    } else {
      const last = changes.pop()
      if (last !== undefined) changes.push({ ...last, completedAt: completedAt(entry) })
    }
  }
  return changes
}

function deployOf(entry: DeployEntry): Change {
  const from = entry.previousVersion === null ? '' : ` in place of ${entry.previousVersion}`
  return {
    id: `deploy-${entry.service}-${entry.version}-${entry.atMs}`,
    service: entry.service,
    kind: 'deploy',
    at: entry.atMs / 1000,
    summary: `${entry.service} ${entry.version}${from}`,
    completedAt: completedAt(entry),
    newInstances: [entry.version],
    oldInstances: entry.previousVersion === null ? [] : [entry.previousVersion],
    targetReplicas: 1,
    commit: entry.commit,
    ...(entry.previousCommit === null ? {} : { previousCommit: entry.previousCommit }),
  }
}

/** Back to what ran before: a deploy of the former commit. */
function rollBackOf(entry: DeployEntry): Change {
  return {
    id: `rollback-${entry.service}-${entry.version}-${entry.atMs}`,
    service: entry.service,
    kind: 'deploy',
    at: entry.atMs / 1000,
    summary: `${entry.service} back from ${entry.version} to ${entry.previousVersion ?? 'what ran before'}`,
    completedAt: entry.atMs / 1000,
    newInstances: entry.previousVersion === null ? [] : [entry.previousVersion],
    oldInstances: [entry.version],
    targetReplicas: 1,
    ...(entry.previousCommit === null ? {} : { commit: entry.previousCommit }),
    previousCommit: entry.commit,
  }
}

function completedAt(entry: DeployEntry): number | null {
  return entry.percent >= 100 ? entry.atMs / 1000 : null
}
