import type { IncidentCase } from '../signals/telemetry.ts'
import type { CandidateSet } from './extract-candidates.ts'

/** What was read, and what could not be judged for lack of data. */
export function describeCoverage(
  { metrics, logs, spans, changes, topology, symptom }: IncidentCase,
  set: CandidateSet,
  doubts: readonly string[],
): { readonly lookedAt: readonly string[]; readonly missing: readonly string[] } {
  const lookedAt = [
    counted(metrics.length, 'metric series'),
    counted(logs.length, 'log lines'),
    counted(spans.length, 'spans'),
    counted(changes.length, 'changes'),
  ].filter((text) => text !== null)
  const missing = [
    metrics.length === 0 ? 'no metrics: anomalies are not judged' : null,
    metrics.length > 0 && set.deviations.length === 0
      ? 'no metric has samples both before and during the incident'
      : null,
    logs.length === 0 ? 'no logs: errors and stack traces are not judged' : null,
    spans.length === 0 ? 'no traces: where time is lost within requests is not judged' : null,
    topology === null && set.graph.services.every((service) => set.graph.callees(service).length === 0)
      ? 'no service graph: victims and causes are not told apart by who calls whom'
      : null,
    symptom.service === null ? 'the alert names no service' : null,
    ...doubts,
  ].filter((text) => text !== null)
  return { lookedAt: [`${set.graph.services.length} services`, ...lookedAt], missing }
}

function counted(count: number, what: string): string | null {
  return count === 0 ? null : `${count.toLocaleString('en')} ${what}`
}
