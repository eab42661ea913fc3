import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { rcaSchema } from '../../../src/config/schema/rca.ts'
import type { RcaSettings } from '../../../src/pipeline/rca/settings.ts'
import type {
  Change,
  IncidentCase,
  LogLine,
  MetricSeries,
  Span,
} from '../../../src/pipeline/signals/telemetry.ts'

/** The settings that are shipped. */
export const SETTINGS: RcaSettings = rcaSchema.parse(
  parse(readFileSync(fileURLToPath(new URL('../../../config/rca.yaml', import.meta.url)), 'utf8')),
)

/** Epoch seconds at which all built cases are detected. */
export const NOW = 1_700_000_000

/** Small, repeatable noise in -1..1. */
export function noise(seed: number): number {
  const x = Math.sin(seed * 12.9898 + 78.233) * 43758.5453
  return 2 * (x - Math.floor(x)) - 1
}

export interface SeriesSpec {
  readonly service: string
  readonly name: string
  readonly unit?: string
  readonly instance?: string | null
  readonly edge?: readonly [string, string]
  /** Level before and after `sinceS` seconds before detection. */
  readonly before: number
  readonly during?: number
  readonly sinceS?: number
  /** Relative noise. */
  readonly jitter?: number
  readonly historyS?: number
  readonly periodS?: number
}

export function series(spec: SeriesSpec): MetricSeries {
  const { before, during = before, sinceS = 0, jitter = 0.02, historyS = 600, periodS = 10 } = spec
  const length = Math.floor(historyS / periodS) + 1
  const t = Array.from({ length }, (_, k) => NOW - historyS + k * periodS)
  const seed = [...`${spec.service}${spec.name}${spec.instance ?? ''}`].reduce(
    (sum, c) => sum + c.charCodeAt(0),
    0,
  )
  return {
    service: spec.service,
    instance: spec.instance ?? null,
    name: spec.name,
    unit: spec.unit ?? unitOf(spec.name),
    t,
    v: t.map((at, k) => {
      const level = at > NOW - sinceS ? during : before
      const value = level * (1 + jitter * noise(seed + k))
      return spec.name.includes('ratio') ? Math.min(1, Math.max(0, level === 1 ? 1 : value)) : value
    }),
    ...(spec.edge === undefined ? {} : { edge: spec.edge }),
  }
}

function unitOf(name: string): string {
  if (name.includes('latency')) return 's'
  if (name.includes('ratio')) return 'ratio'
  return name.includes('rate') ? '1/s' : 'percent'
}

export function deploy(overrides: Partial<Change> & Pick<Change, 'id' | 'service'>): Change {
  return {
    kind: 'deploy',
    at: NOW - 60,
    summary: 'deploy',
    completedAt: null,
    newInstances: [],
    oldInstances: [],
    targetReplicas: null,
    ...overrides,
  }
}

export function incidentCase(overrides: Partial<IncidentCase> = {}): IncidentCase {
  return {
    id: 'case-1',
    detectedAt: NOW,
    symptom: { service: 'gateway', metric: null },
    topology: {
      nodes: ['gateway', 'checkout', 'payment', 'inventory'],
      edges: [
        ['gateway', 'checkout'],
        ['checkout', 'payment'],
        ['checkout', 'inventory'],
      ],
    },
    metrics: [],
    logs: [],
    spans: [],
    changes: [],
    ...overrides,
  }
}

export function logLine(service: string, secondsBefore: number, line: string): LogLine {
  return { t: NOW - secondsBefore, service, line }
}

export function span(overrides: Partial<Span> & Pick<Span, 'span' | 'service'>): Span {
  return {
    t: NOW - 60,
    trace: 'trace-1',
    parent: null,
    operation: `${overrides.service} op`,
    durationMs: 10,
    error: null,
    ...overrides,
  }
}

/** Latency and success of the sample system's four services, normal unless said otherwise. */
export function shopMetrics(
  faults: Readonly<
    Record<string, { readonly success?: number; readonly latency?: number; readonly cpu?: number }>
  >,
  timing: { readonly sinceS?: number; readonly historyS?: number; readonly periodS?: number } = {},
): readonly MetricSeries[] {
  const timed = { sinceS: 60, ...timing }
  return ['gateway', 'checkout', 'payment', 'inventory'].flatMap((service) => {
    const fault = faults[service] ?? {}
    return [
      series({ service, name: 'success_ratio', before: 1, during: fault.success ?? 1, ...timed }),
      series({ service, name: 'latency_p95', before: 0.05, during: fault.latency ?? 0.05, ...timed }),
      series({ service, name: 'request_rate', before: 40, ...timed }),
      series({ service, name: 'cpu_usage', before: 20, during: fault.cpu ?? 20, ...timed }),
    ]
  })
}
