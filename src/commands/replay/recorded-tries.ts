import type { Attempt, Rollout } from '../../pipeline/contracts.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'

type Try = Omit<Attempt, 'endedAtMs'>

/**
 * The tries that began with the diagnosis that was recorded, oldest first, the present one last. Those before it rest on an
 * earlier diagnosis, of which nothing is kept.
 */
function triesOf(record: IncidentRecord): readonly Try[] {
  const { attempts } = record
  const before = attempts.findLastIndex(({ diagnosis }) => diagnosis !== null)
  return [...attempts.slice(before + 1).map(({ endedAtMs: _endedAtMs, ...nouns }) => nouns), record]
}

/** The incident as its first try with the recorded diagnosis left it: what a replay is compared with. */
export function firstTry(record: IncidentRecord): IncidentRecord {
  const [first] = triesOf(record)
  const { diagnosis, location, refusedFixes } = record
  const proposed = new Set(triesOf(record).map(({ plan }) => plan?.chosenId))
  return {
    ...record,
    ...first,
    diagnosis,
    location,
    mitigated: null,
    // What was proposed in one of these tries had not been refused before them.
    refusedFixes: refusedFixes.filter((candidateId) => !proposed.has(candidateId)),
  }
}

/** Every rollout of these tries. */
export function rolloutsOf(record: IncidentRecord): readonly Rollout[] {
  return triesOf(record).flatMap(({ rollout }) => (rollout === null ? [] : [rollout]))
}
