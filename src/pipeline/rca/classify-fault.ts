import type { Fault, Resource } from '../contracts.ts'
import type { StackTrace } from '../signals/stack-trace.ts'
import type { IncidentCase } from '../signals/telemetry.ts'
import { caseWindow } from './case-window.ts'
import { describeTrace } from './culprit-trace.ts'
import { describeDeviation } from './describe-deviation.ts'
import { serviceAnomalies, type ServiceAnomaly, type SidedDeviation } from './evidence/metric-evidence.ts'
import { exhaustedResource } from './exhausted-resource.ts'
import { resourceGrowth, type ResourceGrowth } from './resource-growth.ts'
import { seriesDeviations } from './series-deviation.ts'
import type { RcaSettings } from './settings.ts'

/**
 * The kind of fault at the suspected service, in the order in which one explains the other: a resource that ran out (its
 * exceptions name victims), an exception where requests fail, slow answers, failures without an exception. The service's own
 * measure counts before what its callers see. Null where neither its metrics nor its log show a fault.
 */
export function classifyFault(
  service: string,
  trace: StackTrace | null,
  incidentCase: IncidentCase,
  settings: RcaSettings,
): Fault | null {
  const resource = trace === null ? null : exhaustedResource(trace)
  if (trace !== null && resource !== null) return exhaustion(service, resource, trace, incidentCase)
  const noticed = noticedOf(anomalyOf(service, incidentCase, settings), settings.symptomAbnormalFrom)
  if (trace !== null && (noticed.failing !== null || noticed.slow === null))
    return { kind: 'exception', because: describeTrace(trace) }
  const { failing, slow } = noticed
  if (slow !== null && slow.scales > (failing?.scales ?? 0))
    return { kind: 'slow-answers', because: describeDeviation(slow), usualMs: usualMs(slow) }
  return failing === null ? null : { kind: 'errors', because: describeDeviation(failing) }
}

/** What is measured of one service, by itself and by its callers. */
function anomalyOf(
  service: string,
  incidentCase: IncidentCase,
  settings: RcaSettings,
): ServiceAnomaly | undefined {
  const window = caseWindow(incidentCase, settings.incidentWindowMs)
  const own = incidentCase.metrics.filter((series) => (series.edge?.[1] ?? series.service) === service)
  return serviceAnomalies(seriesDeviations(own, window.start, settings.deviation)).get(service)
}

function usualMs({ deviation: { before, series } }: SidedDeviation): number {
  return series.unit === 'ms' ? before : before * 1000
}

interface Noticed {
  readonly failing: SidedDeviation | null
  readonly slow: SidedDeviation | null
}

/** Failures and slowness beyond the usual; what callers see only where its own measure shows neither. */
function noticedOf(anomaly: ServiceAnomaly | undefined, from: number): Noticed {
  const { error, latency, callerSeesError, callerSeesLatency } = anomaly?.strongest ?? {}
  const beyond = (side: SidedDeviation | undefined): SidedDeviation | null =>
    side !== undefined && side.scales >= from ? side : null
  const own = { failing: beyond(error), slow: beyond(latency) }
  if (own.failing !== null || own.slow !== null) return own
  return { failing: beyond(callerSeesError), slow: beyond(callerSeesLatency) }
}

function exhaustion(
  service: string,
  resource: Resource,
  trace: StackTrace,
  { metrics }: IncidentCase,
): Fault {
  const growth = resourceGrowth(metrics, service, resource)
  const rise = growth === null ? '' : `; ${growthText(resource, growth)}`
  return {
    kind: 'exhaustion',
    resource,
    because: `${describeTrace(trace)}${rise}`,
    perRequest: growth?.perRequest ?? null,
  }
}

function growthText(resource: Resource, { instance, from, to, seconds, perRequest }: ResourceGrowth): string {
  const of = instance === null ? '' : ` of ${instance}`
  const each = perRequest === null ? '' : `, ${perRequest.toFixed(2)} for each request`
  return `${resource}${of} grew from ${amount(resource, from)} to ${amount(resource, to)} in ${Math.round(seconds)} s${resource === 'memory' ? '' : each}`
}

function amount(resource: Resource, value: number): string {
  return resource === 'memory' ? `${Math.round(value / 1_048_576)} MiB` : String(Math.round(value))
}
