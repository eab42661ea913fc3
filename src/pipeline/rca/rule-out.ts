import type { IncidentCase, MetricSeries } from '../signals/telemetry.ts'
import type { Abstention } from './abstain.ts'
import type { RankedCause } from './case-ranking.ts'
import { describeAge } from './evidence/change-evidence.ts'
import { outwardDeviation } from './evidence/metric-evidence.ts'
import type { CandidateSet } from './extract-candidates.ts'
import type { Observation } from './observation.ts'
import { releaseChanges } from './release-changes.ts'
import type { RcaSettings } from './settings.ts'

/** What whoever takes over need not look at again, and what to look at first. */
export interface Leads {
  /** Each with the reason. */
  readonly ruledOut: readonly string[]
  /** What would settle it: where the next look tells most. The first is the best. */
  readonly wouldSettle: readonly string[]
}

interface Abstained {
  readonly incidentCase: IncidentCase
  readonly set: CandidateSet
  readonly ranked: readonly RankedCause[]
  readonly settings: RcaSettings
}

/** A fall of the traffic below this share of what was usual is worth a look. */
const NOTICEABLE_TRAFFIC = 0.9
/** The part of the incident's window that is surely in the trouble: its end. */
const NOW_SHARE = 1 / 4
const MOST_CHANGES = 3

/** Puts what speaks for the innocence of services, logs and changes into words, for an incident without a named cause. */
export function leadsOf(kind: Abstention['kind'], abstained: Abstained): Leads {
  if (kind === 'nothing-known') return { ruledOut: [], wouldSettle: [] }
  const well = wellServices(abstained)
  return {
    ruledOut: [servicesText(well, abstained), logsText(abstained.set), changesText(well, abstained)].filter(
      (text) => text !== null,
    ),
    wouldSettle: kind === 'symptom-normal' ? besideServices(abstained) : betweenServices(abstained),
  }
}

/** Services of which what was reported is measured, and has not left its usual state. */
function wellServices({ set, settings }: Abstained): readonly string[] {
  return set.graph.services.filter((service) => {
    const anomaly = set.anomalies.get(service)
    const { latency, callerSeesLatency, error, callerSeesError } = anomaly?.strongest ?? {}
    const measured =
      set.reportedKind === 'latency' ? (latency ?? callerSeesLatency) : (error ?? callerSeesError)
    return (
      measured !== undefined &&
      (outwardDeviation(anomaly, set.reportedKind)?.scales ?? 0) < settings.symptomAbnormalFrom
    )
  })
}

const AS_BEFORE: Readonly<Record<'success' | 'latency' | 'any', string>> = {
  success: 'no more requests fail than before',
  latency: 'answers take as long as before',
  any: 'no more requests fail and answers take as long as before',
}

function servicesText(well: readonly string[], { set }: Abstained): string | null {
  if (well.length === 0) return null
  const whose = well.length === 1 ? 'its own measure and its' : 'their own measure and their'
  return `${named(well)}: ${AS_BEFORE[set.reportedKind ?? 'any']}, by ${whose} callers'`
}

function logsText({ logs }: CandidateSet): string | null {
  const read = [...logs].filter(([, observations]) => errorsIn(observations) !== undefined)
  const quiet = read.filter(([, observations]) => errorsIn(observations) === 0).map(([service]) => service)
  if (quiet.length === 0) return null
  const whose = quiet.length === read.length ? 'all logs' : `the logs of ${named(quiet)}`
  return `${whose}: no more errors in them than before`
}

function errorsIn(observations: readonly Observation[]): number | undefined {
  return observations.find(({ feature }) => feature === 'logErrors')?.value
}

function changesText(
  well: readonly string[],
  { incidentCase: { changes, detectedAt }, set, settings }: Abstained,
): string | null {
  // Nothing is known where not even a commit is: then no deploy can be ruled out.
  if (changes.length === 0) return null
  const historyS = settings.gather.changeHistoryMs / 1000
  // A service of which nothing is heard does not run, whatever was committed for it.
  const releases = releaseChanges(changes, detectedAt - historyS)
    .map(({ change }) => change)
    .filter(({ service }) => set.anomalies.has(service) || set.logs.has(service))
  if (releases.length === 0)
    return `a deploy or a change of configuration: there was none in the last ${describeAge(historyS)}`
  const harmless = releases.filter(({ service }) => well.includes(service)).slice(-MOST_CHANGES)
  if (harmless.length === 0) return null
  const told = harmless.map(({ summary, at }) => `${summary} (${describeAge(detectedAt - at)} before)`)
  return `${told.join(', ')}: what it changed is as well as before`
}

/** No service of ours shows what was reported: then it happens outside of them, or no more. */
function besideServices({ incidentCase: { symptom }, set }: Abstained): readonly string[] {
  const { service } = symptom
  if (service === null) return []
  const traffic = trafficOf(service, set)
  if (traffic !== null && traffic.during < NOTICEABLE_TRAFFIC * traffic.before) {
    const [now, usual] = [traffic.during.toFixed(0), traffic.before.toFixed(0)]
    return [
      `what stands in front of ${service} (load balancer or router, TLS, DNS, the network): ${service} receives ${now} requests/s where ${usual} were usual, so the missing ones end before they reach it`,
    ]
  }
  return [
    `whether the alert still stands: if so, compare where it measures with ${service}'s own metrics; what lies between the two is at fault`,
  ]
}

/** Requests a second, all instances together, before the incident's window and at its end; null where they were not counted. */
function trafficOf(service: string, { deviations, window: { start, detectedAt } }: CandidateSet) {
  const own = deviations.filter(
    ({ series, kind }) => kind === 'rate' && series.service === service && series.edge === undefined,
  )
  if (own.length === 0) return null
  const length = detectedAt - start
  const rate = (from: number, to: number): number =>
    own.reduce((sum, { series }) => sum + meanBetween(series, from, to), 0)
  return { before: rate(start - length, start), during: rate(detectedAt - NOW_SHARE * length, detectedAt) }
}

/** A step in which a counter was not read is told by the next that was: what is read is spread over the time since the last. */
function meanBetween({ t, v }: MetricSeries, fromS: number, toS: number): number {
  const read = v.flatMap((value, at) => (value === null ? [] : [{ t: t[at] ?? 0, value }]))
  const first = Math.max(
    0,
    read.findLastIndex((one) => one.t <= fromS),
  )
  const told = read.slice(first + 1).filter((one) => one.t <= toS)
  const spanS = (told.at(-1)?.t ?? 0) - (read[first]?.t ?? 0)
  const stepS = (t.at(-1) ?? 0) - (t.at(-2) ?? 0)
  return spanS <= 0 ? 0 : (told.reduce((sum, { value }) => sum + value, 0) * stepS) / spanS
}

function betweenServices({ incidentCase: { symptom }, ranked }: Abstained): readonly string[] {
  const [first, second] = ranked
  if (first === undefined || second === undefined) return []
  const from = symptom.service === null ? '' : ` from ${symptom.service} on`
  return [
    `one failing request, followed${from} by its trace id: whether it ends in ${first.service} or in ${second.service}`,
  ]
}

function named(names: readonly string[]): string {
  const sorted = [...names].sort()
  const last = sorted.pop() ?? ''
  return sorted.length === 0 ? last : `${sorted.join(', ')} and ${last}`
}
