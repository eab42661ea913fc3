import type { Location } from '../../pipeline/contracts.ts'
import type { Release } from '../../pipeline/deployment/ports.ts'
import { CcpError } from '../../pipeline/errors.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import { pairBefore, type ReleasePair } from '../../pipeline/release-pair.ts'
import type { ChangeKind } from '../../pipeline/signals/telemetry.ts'
import type { Recording } from './read-recording.ts'

/** What the stages found out then, of a service. */
type Found = Pick<IncidentRecord, 'location' | 'patch'>
type Seen = Pick<Recording, 'deployed' | 'incidentCase'>

/** What ran then; where the recording does not tell, what the last deploy that the diagnosis saw put into production. */
export function releaseThen(service: string, found: Found, seen: Seen): Release {
  const patched = found.patch?.service === service ? pairBefore(found.patch) : null
  const located = found.location?.service === service ? locatedIn(found.location) : null
  const running = seen.deployed[service]
  const commit = located?.commit ?? running?.commit ?? patched?.commit ?? lastSeen('deploy', service, seen)
  if (commit === undefined) {
    throw new CcpError('not-found', `the recording does not tell which commit of ${service} ran`)
  }
  const configCommit =
    located?.configCommit ??
    running?.configCommit ??
    patched?.configCommit ??
    lastSeen('config', service, seen)
  const version = commit.slice(0, 10)
  return { service, version, commit, configCommit, startedAtMs: 0, weightPercent: 100, running: true }
}

function locatedIn({ config, baseCommit }: Location): Partial<ReleasePair> {
  if (config === undefined) return { commit: baseCommit }
  return { commit: config.surfaced?.baseCommit, configCommit: baseCommit }
}

function lastSeen(kind: ChangeKind, service: string, { incidentCase }: Seen): string | undefined {
  return incidentCase.changes
    .filter((change) => change.service === service && change.kind === kind)
    .toSorted((a, b) => b.at - a.at)
    .find(({ commit }) => commit !== undefined)?.commit
}
