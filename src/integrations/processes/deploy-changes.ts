import type { ChangeSource } from '../../pipeline/rca/ports.ts'
import type { Change } from '../../pipeline/signals/telemetry.ts'
import type { DeployEntry, DeployHistory } from './deploy-history.ts'

/** What a change of configuration set, changed or removed, in words; empty where that cannot be told. */
export type DescribeConfig = (change: {
  readonly service: string
  readonly from: string | null
  readonly to: string
}) => Promise<string>

/**
 * The deploys of the local target, as the RCA stage wants them: one change from its first share of traffic to the last. Where
 * only the configuration differs from what ran before it is a change of that. The newest deploy of each service before the
 * window comes along, for it says what was in production when the window began.
 */
export function deployChanges(
  history: DeployHistory,
  describeConfig: DescribeConfig = async () => '',
): ChangeSource {
  const withSettings = async (change: Change): Promise<Change> => {
    const { kind, service, commit: to, previousCommit: from = null } = change
    if (kind !== 'config' || to === undefined) return change
    const settings = await describeConfig({ service, from, to })
    return settings === '' ? change : { ...change, summary: `${change.summary}: ${settings}` }
  }
  return {
    async changesBetween({ services, fromMs, toMs }) {
      const known = history.entries().filter((entry) => entry.atMs <= toMs)
      const changes = services
        .flatMap((service) =>
          fromStanding(changesOf(known.filter((entry) => entry.service === service)), fromMs),
        )
        .toSorted((a, b) => a.at - b.at)
      return Promise.all(changes.map(withSettings))
    },
  }
}

/** Those of the window and what came since the deploy before it; oldest first, as they are given. */
function fromStanding(changes: readonly Change[], fromMs: number): readonly Change[] {
  const found = changes.findIndex((change) => change.at * 1000 >= fromMs)
  const first = found === -1 ? changes.length : found
  const standing = changes.slice(0, first).findLastIndex(({ kind }) => kind === 'deploy')
  return changes.slice(standing === -1 ? first : standing)
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
  const { service, version, previousVersion, atMs } = entry
  const from = previousVersion === null ? '' : ` in place of ${previousVersion}`
  return {
    id: `deploy-${service}-${version}-${atMs}`,
    service,
    at: atMs / 1000,
    completedAt: completedAt(entry),
    newInstances: [version],
    oldInstances: previousVersion === null ? [] : [previousVersion],
    targetReplicas: 1,
    ...whatChanged(pairsOf(entry), `${service} ${version}${from}`),
  }
}

/** Back to what ran before: a change of the same kind, the other way round. */
function rollBackOf(entry: DeployEntry): Change {
  const { service, version, previousVersion, atMs } = entry
  const { from, to } = pairsOf(entry)
  return {
    id: `rollback-${service}-${version}-${atMs}`,
    service,
    at: atMs / 1000,
    completedAt: atMs / 1000,
    newInstances: previousVersion === null ? [] : [previousVersion],
    oldInstances: [version],
    targetReplicas: 1,
    ...whatChanged(
      { from: to, to: from },
      `${service} back from ${version} to ${previousVersion ?? 'what ran before'}`,
    ),
  }
}

/** A release: its code and, where that lives in a repository of its own, its configuration. */
interface Pair {
  readonly code: string | undefined
  readonly config: string | undefined
}

function pairsOf(entry: DeployEntry): { readonly from: Pair; readonly to: Pair } {
  return {
    from: { code: entry.previousCommit ?? undefined, config: entry.previousConfigCommit },
    to: { code: entry.commit, config: entry.configCommit },
  }
}

/** Commits of the configuration where that alone changed, else of the code. */
function whatChanged(
  { from, to }: { readonly from: Pair; readonly to: Pair },
  deploy: string,
): Pick<Change, 'kind' | 'summary' | 'commit' | 'previousCommit'> {
  const isConfigNew = to.config !== undefined && to.config !== from.config
  const before = from.config === undefined ? '' : ` in place of ${from.config.slice(0, 8)}`
  const config = isConfigNew ? `configuration ${to.config.slice(0, 8)}${before}` : ''
  if (isConfigNew && from.code === to.code)
    return { kind: 'config', summary: config, ...commitsOf(from.config, to.config) }
  const summary = isConfigNew ? `${deploy}, with ${config}` : deploy
  return { kind: 'deploy', summary, ...commitsOf(from.code, to.code) }
}

function commitsOf(
  from: string | undefined,
  to: string | undefined,
): Pick<Change, 'commit' | 'previousCommit'> {
  return {
    ...(to === undefined ? {} : { commit: to }),
    ...(from === undefined ? {} : { previousCommit: from }),
  }
}

function completedAt(entry: DeployEntry): number | null {
  return entry.percent >= 100 ? entry.atMs / 1000 : null
}
