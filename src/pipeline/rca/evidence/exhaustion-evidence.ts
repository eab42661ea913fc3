import type { Resource } from '../../contracts.ts'
import type { LogLine } from '../../signals/telemetry.ts'
import { culpritTrace } from '../culprit-trace.ts'
import { exhaustedResource, namesOwnResource } from '../exhausted-resource.ts'

/** What a service has run out of, by its own exceptions. */
export interface Exhaustion {
  readonly resource: Resource
  readonly text: string
}

/** One process that was killed in the act is no outage. */
const MIN_LINES = 3

/**
 * The services whose log says since the onset (epoch seconds), and more often than before, that they have run out of what a
 * process has for itself: open files, memory, threads, disk. A gauge may miss it: a process without open files answers no
 * scrape either.
 */
export function exhaustions(lines: readonly LogLine[], onset: number): ReadonlyMap<string, Exhaustion> {
  const counts = new Map<string, { before: number; during: number }>()
  for (const { service, t, line } of lines) {
    if (!namesOwnResource(line)) continue
    const count = counts.get(service) ?? { before: 0, during: 0 }
    counts.set(service, count)
    if (t < onset) count.before += 1
    else count.during += 1
  }
  const found = new Map<string, Exhaustion>()
  for (const [service, { before, during }] of counts) {
    const trace = during >= MIN_LINES && during > before ? culpritTrace(lines, service, onset) : null
    const resource = trace === null ? null : exhaustedResource(trace.stackTrace)
    if (resource === null || resource === 'connections') continue
    found.set(service, { resource, text: `it runs out of ${resource}: ${during} lines of its log say so` })
  }
  return found
}
