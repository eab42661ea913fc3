import type { Attempt } from '../../pipeline/contracts.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'

/** The messages of a try that a later try of the same incident has too, and the noun behind each. */
const NOUN_OF = {
  diagnosis: 'diagnosis',
  location: 'location',
  plan: 'plan',
  patch: 'patch',
  gates: 'gates',
  rollout: 'rollout',
  verdict: 'verdict',
  end: 'handOver',
} as const satisfies Readonly<Record<string, keyof Attempt>>

/** `plan` in the first try that has a plan, `plan-2` in the second: every try keeps its own messages. */
export function keyInTry(key: string, before: readonly Attempt[]): string {
  const noun = NOUN_OF[key as keyof typeof NOUN_OF] as keyof Attempt | undefined
  const earlier = noun === undefined ? 0 : before.filter((attempt) => attempt[noun] !== null).length
  return earlier === 0 ? key : `${key}-${earlier + 1}`
}

/** The incident as it stood at the end of that try. */
export function recordOfTry(record: IncidentRecord, attempt: Attempt): IncidentRecord {
  const { endedAtMs, ...nouns } = attempt
  return {
    ...record,
    ...nouns,
    state: 'HANDED_OVER',
    stateSinceMs: endedAtMs,
    paused: null,
    trouble: null,
    mitigated: null,
    timeline: record.timeline.filter(({ atMs }) => atMs <= endedAtMs),
  }
}
