import { ratioSamples } from './detection/error-rate-watch.ts'
import { CcpError } from './errors.ts'
import type { IncidentRecord, IncidentState, MachineEvent } from './machine.ts'
import type { Journal } from './ports.ts'
import type { MetricSource } from './rca/ports.ts'
import type { ServiceDefinition } from './services.ts'

/**
 * K1  One fix for one cause: an incident whose cause another open incident has named already waits for that one's fix.
 * K2  The one that is further leads, of two that are equally far the one that came there first: so that no two wait for
 *     each other. Two that slip past each other all the same meet at the lock, where the second approval is void.
 * K3  Resolved with the other's fix is only what was measured to be well again.
 * K4  Where a further fault below it is being worked on, it is judged when that one is mended too.
 */
export interface LinkDeps {
  readonly journal: Pick<Journal, 'record' | 'records' | 'submit'>
  readonly metrics: MetricSource
  readonly services: readonly ServiceDefinition[]
  nowMs(): number
}

/** From naming the cause to the end of the rollout; what is not here leads nobody. */
const PROGRESS: readonly IncidentState[] = [
  'LOCALIZING',
  'PLANNING',
  'PATCHING',
  'GATING',
  'AWAITING_APPROVAL',
  'APPROVAL_EXPIRED',
  'QUEUED',
  'DEPLOYING',
]
const OPEN_LIMIT = 500
/** How long after the fix the symptom may take to go, and how many requests must show it. */
const PATIENCE_MS = 60_000
const MIN_REQUESTS = 50

/** The open incident whose fix this one should wait for; null where it is the first of its cause (K1, K2). */
export function leaderOf(record: IncidentRecord, open: readonly IncidentRecord[]): IncidentRecord | null {
  const cause = causeOf(record)
  if (cause === null) return null
  const leaders = open.filter(
    (other) =>
      other.incident.incidentId !== record.incident.incidentId &&
      PROGRESS.includes(other.state) &&
      causeOf(other) === cause &&
      leads(other, record),
  )
  return leaders.toSorted((a, b) => (leads(a, b) ? -1 : 1))[0] ?? null
}

/** Service and change; where nothing was changed, what is thrown there. */
function causeOf({ diagnosis }: IncidentRecord): string | null {
  const first = diagnosis?.hypotheses[0]
  if (diagnosis === null || diagnosis.abstained !== null || first === undefined) return null
  const trace = diagnosis.stackTrace
  const what = first.change?.id ?? (trace === null ? null : `${trace.type}: ${trace.message}`)
  return what === null ? null : JSON.stringify([first.service, what])
}

/** Of two that are equally far the one that came there first: it has looked for others when this one was not there yet. */
function leads(a: IncidentRecord, b: IncidentRecord): boolean {
  const [progressA, progressB] = [PROGRESS.indexOf(a.state), PROGRESS.indexOf(b.state)]
  if (progressA !== progressB) return progressA > progressB
  if (a.stateSinceMs !== b.stateSinceMs) return a.stateSinceMs < b.stateSinceMs
  return a.incident.incidentId < b.incident.incidentId
}

/** Links the incident to the one that leads, and tells that one; null where nobody does. */
export function linkToLeader(record: IncidentRecord, deps: LinkDeps): MachineEvent | null {
  const leader = leaderOf(record, deps.journal.records({ openOnly: true, limit: OPEN_LIMIT }))
  if (leader === null) return null
  const atMs = deps.nowMs()
  const { incidentId, title } = record.incident
  deps.journal.submit({
    eventId: `linked:${incidentId}:${record.version}`,
    incidentId: leader.incident.incidentId,
    event: { kind: 'siblingLinked', sibling: { incidentId, title, atMs } },
    actor: { kind: 'machine', part: 'concurrency' },
    atMs,
  })
  return {
    kind: 'linked',
    to: { incidentId: leader.incident.incidentId, title: leader.incident.title, atMs },
  }
}

/** Looks at the incident that is waited for: its fix, once it is there, must have cured this one's symptom too (K3). */
export async function followLink(record: IncidentRecord, deps: LinkDeps): Promise<MachineEvent | null> {
  if (record.state !== 'LINKED' || record.linkedTo === null) return null
  const { incidentId } = record.linkedTo
  const leader = deps.journal.record(incidentId)
  if (leader === null) return { kind: 'linkEnded', reason: `${incidentId} is not in the journal any more` }
  if (leader.state === 'HANDED_OVER' && leader.mitigated === null)
    return { kind: 'linkEnded', reason: `${incidentId}, with the same cause, was handed over to a person` }
  const fixedMs = fixedSince(leader)
  return fixedMs === null ? { kind: 'linkOpen' } : await afterFix(record, fixedMs, deps)
}

/** Since when production is without the cause, as far as the other incident knows. */
function fixedSince({ state, stateSinceMs, mitigated }: IncidentRecord): number | null {
  if (mitigated !== null) return mitigated.atMs
  return state === 'RESOLVED' || state === 'CLOSED' ? stateSinceMs : null
}

async function afterFix(record: IncidentRecord, fixedMs: number, deps: LinkDeps): Promise<MachineEvent> {
  const below = faultsBelow(record, deps)
  const sinceMs = Math.max(fixedMs, ...below.flatMap((other) => fixedSince(other) ?? []))
  const waited = deps.nowMs() - sinceMs >= PATIENCE_MS && !below.some(isUnmended)
  const symptom = await symptomSince(record, sinceMs, deps)
  if (symptom.kind === 'gone') return { kind: 'linkResolved', detail: symptom.detail }
  if (!waited) return { kind: 'linkOpen' }
  return symptom.kind === 'there'
    ? { kind: 'linkBroken', reason: `the other incident is fixed, but ${symptom.detail}` }
    : {
        kind: 'linkEnded',
        reason: `the other incident is fixed; whether this one is could not be measured: ${symptom.detail}`,
      }
}

/** The other incidents whose cause is its service, or one that it depends on over however many calls (K4). */
function faultsBelow(record: IncidentRecord, { journal, services }: LinkDeps): readonly IncidentRecord[] {
  const below = new Set([record.incident.service])
  for (const service of below)
    for (const callee of services.find(({ name }) => name === service)?.dependsOn ?? []) below.add(callee)
  return journal
    .records({ openOnly: false, limit: OPEN_LIMIT })
    .filter(
      ({ incident, linkedTo, diagnosis }) =>
        incident.incidentId !== record.incident.incidentId &&
        linkedTo === null &&
        below.has(diagnosis?.hypotheses[0]?.service ?? ''),
    )
}

/** Being worked on, and still at work in production: after a roll-back only the lasting fix is to come. */
function isUnmended({ state, mitigated }: IncidentRecord): boolean {
  return mitigated === null && PROGRESS.includes(state)
}

interface Symptom {
  readonly kind: 'gone' | 'there' | 'unknown'
  readonly detail: string
}

/** Judged over the whole time since the fix, so that the last errors of before weigh less with every look. */
async function symptomSince(record: IncidentRecord, sinceMs: number, deps: LinkDeps): Promise<Symptom> {
  const service = deps.services.find(({ name }) => name === record.incident.service)
  if (service === undefined) return { kind: 'unknown', detail: 'the page names no service of ours' }
  const toMs = deps.nowMs()
  const series = await deps.metrics
    .seriesBetween({ services: [service.name], fromMs: sinceMs, toMs })
    .catch((thrown: unknown) => {
      if (thrown instanceof CcpError && thrown.retryable) return []
      throw thrown
    })
  const sample = ratioSamples(series, toMs).find((each) => each.service === service.name)
  if (sample === undefined || sample.requests < MIN_REQUESTS)
    return { kind: 'unknown', detail: `${sample?.requests ?? 0} requests of ${service.name} were seen` }
  const slow = slowest(series.filter(({ name, edge }) => name === 'latency_p95' && edge === undefined))
  return judge(service, sample, slow)
}

function judge(
  { name, objective }: ServiceDefinition,
  { requests, errors }: { readonly requests: number; readonly errors: number },
  slowMs: number | null,
): Symptom {
  const share = `${((100 * errors) / requests).toFixed(1)} % of ${requests} requests of ${name} failed`
  if (errors / requests > objective.errorRatio) return { kind: 'there', detail: share }
  const limitMs = objective.latencyP95Ms
  if (limitMs !== null && slowMs !== null && slowMs > limitMs)
    return {
      kind: 'there',
      detail: `the p95 of ${name} is ${Math.round(slowMs)} ms (objective ${limitMs} ms)`,
    }
  return { kind: 'gone', detail: `${share} since then` }
}

/** The newest p95 of the slowest version, milliseconds. */
function slowest(series: readonly { readonly v: readonly (number | null)[] }[]): number | null {
  const newest = series.flatMap(({ v }) => v.findLast((value) => value !== null) ?? [])
  return newest.length === 0 ? null : Math.max(...newest) * 1000
}
