import { callsTogether, type Calls } from '../pipeline/detection/call-path.ts'
import { detectAlert, endsOverdue } from '../pipeline/detection/detect-alert.ts'
import { detectMetric, detectRatio } from '../pipeline/detection/detect-watched.ts'
import { detectPage, newsOfPage } from '../pipeline/detection/detect.ts'
import type { DetectContext, Detected } from '../pipeline/detection/detected.ts'
import { ErrorRateWatch, ratioSamples } from '../pipeline/detection/error-rate-watch.ts'
import { MetricWatches } from '../pipeline/detection/metric-watches.ts'
import type {
  AlertNews,
  PageEvent,
  PageSource,
  QuerySource,
  RatioAlert,
} from '../pipeline/detection/ports.ts'
import type { DetectionSettings } from '../pipeline/detection/settings.ts'
import { CcpError, toCcpError } from '../pipeline/errors.ts'
import type { IncidentRecord } from '../pipeline/machine.ts'
import type { Journal } from '../pipeline/ports.ts'
import type { MetricSource, TopologySource } from '../pipeline/rca/ports.ts'
import type { SeenCall } from '../pipeline/signals/service-graph.ts'
import type { MetricSeries } from '../pipeline/signals/telemetry.ts'
import type { ServiceDefinition } from '../pipeline/services.ts'

export interface WatchDeps {
  readonly journal: Journal
  readonly services: readonly ServiceDefinition[]
  readonly settings: DetectionSettings
  readonly pages: PageSource
  readonly metrics: MetricSource
  /** Null without a Prometheus server. */
  readonly queries: QuerySource | null
  /** Who calls whom, beside what services.yaml declares. */
  readonly topology: TopologySource
  /** Told of every call that the metrics show. */
  observeCalls(calls: readonly SeenCall[]): Promise<void>
  report(error: CcpError): void
  /** Worth knowing, and nothing to mend. */
  note(text: string): void
  nowMs(): number
}

/** The ways in: what webhooks brought, what polling finds, what error ratios and watched queries show. */
export interface Watch {
  accept(news: PageEvent): void
  acceptAlerts(alerts: readonly AlertNews[]): void
  start(): void
  stop(): void
}

const OPEN_LIMIT = 500
const LATELY = 50
const LOOK_EVERY_SCRAPES = 4

/** Throws CcpError `bad-config` where watches are configured that nobody can answer. */
export function watch(deps: WatchDeps): Watch {
  const timers: NodeJS.Timeout[] = []
  const ratios = ratioWatch(deps)
  const watches = metricWatches(deps)
  let calls: Calls = deps.services

  /** A graph that does not answer leaves what was known of it. */
  async function refreshCalls(): Promise<void> {
    calls = callsTogether(deps.services, await deps.topology.topology())
  }

  function submit(detected: Detected | null): void {
    if (detected === null) return
    const actor = { kind: 'machine', part: 'detection' } as const
    deps.journal.submit({ ...detected, actor })
  }

  function accept(news: PageEvent): void {
    submit(detectPage(news, contextOf(deps, calls)))
  }

  /** Each is judged with what the one before it did; a storm of repetitions reads the journal once. */
  function acceptAlerts(alerts: readonly AlertNews[]): void {
    let context = contextOf(deps, calls)
    for (const news of alerts) {
      const detected = detectAlert(news, context)
      if (detected === null) continue
      submit(detected)
      context = { ...contextOf(deps, calls), lately: context.lately }
    }
  }

  async function poll(): Promise<void> {
    for (const detected of endsOverdue(contextOf(deps, calls), deps.nowMs())) submit(detected)
    const sinceMs = deps.nowMs() - deps.settings.lookBackMs
    for (const page of await deps.pages.pagesSince(sinceMs)) {
      if (page.status === 'resolved' && !isOpen(deps.journal.record(`pd-${page.pagerdutyId}`))) continue
      accept(newsOfPage(page, deps.nowMs()))
    }
  }

  async function look(): Promise<void> {
    const series = await recentSeries(deps)
    for (const alert of ratios === null ? [] : alertsOf(ratios, series, deps.nowMs())) {
      submit(detectRatio(alert, contextOf(deps, calls)))
    }
    await deps.observeCalls(callsOf(series, deps.nowMs()))
  }

  async function lookAtWatches(): Promise<void> {
    for (const alert of (await watches?.look(deps.nowMs())) ?? [])
      submit(detectMetric(alert, contextOf(deps, calls)))
  }

  const guarded = (work: () => Promise<void>) => (): void =>
    void work().catch((thrown: unknown) => deps.report(toCcpError(thrown)))

  return {
    accept,
    acceptAlerts,
    start() {
      timers.push(setInterval(guarded(poll), deps.settings.pollEveryMs))
      const lookEveryMs = deps.settings.scrapeEveryMs * LOOK_EVERY_SCRAPES
      timers.push(setInterval(guarded(look), lookEveryMs))
      timers.push(setInterval(guarded(refreshCalls), lookEveryMs))
      if (watches !== null)
        timers.push(setInterval(guarded(lookAtWatches), deps.settings.metricWatches.everyMs))
      guarded(refreshCalls)()
      guarded(poll)() // what was missed while the bot was down
    },
    stop: () => timers.splice(0).forEach(clearInterval),
  }
}

/** Whether the end of its page is news to an incident: one that is over, or never was ours, needs none. */
function isOpen(record: IncidentRecord | null): boolean {
  return record !== null && !['RESOLVED', 'CLOSED', 'DEPLOYING'].includes(record.state)
}

function contextOf({ journal, services, settings }: WatchDeps, calls: Calls): DetectContext {
  let lately: readonly IncidentRecord[] | null = null
  return {
    open: journal.records({ openOnly: true, limit: OPEN_LIMIT }),
    record: (incidentId) => journal.record(incidentId),
    lately: () => (lately ??= journal.records({ openOnly: false, limit: LATELY })),
    services,
    calls,
    settings,
  }
}

function ratioWatch({ services, settings }: WatchDeps): ErrorRateWatch | null {
  const objectives = new Map(services.map(({ name, objective }) => [name, objective.errorRatio]))
  return settings.errorRateWatch === null ? null : new ErrorRateWatch(settings.errorRateWatch, objectives)
}

function metricWatches(deps: WatchDeps): MetricWatches | null {
  const { thresholds, seasonal } = deps.settings.metricWatches
  if (thresholds.length + seasonal.length === 0) return null
  if (deps.queries === null) {
    throw new CcpError(
      'bad-config',
      'detection.yaml has watches, which only a Prometheus server can answer',
      {
        mend: 'set PROMETHEUS_URL, or remove thresholds and seasonal from metricWatches',
      },
    )
  }
  return new MetricWatches(deps.settings.metricWatches, { ...deps, queries: deps.queries })
}

function recentSeries({ metrics, services, settings, nowMs }: WatchDeps): Promise<readonly MetricSeries[]> {
  const toMs = nowMs()
  const fromMs = toMs - settings.scrapeEveryMs * LOOK_EVERY_SCRAPES
  return metrics.seriesBetween({ services: services.map(({ name }) => name), fromMs, toMs })
}

function callsOf(series: readonly MetricSeries[], atMs: number): readonly SeenCall[] {
  return series.flatMap(({ edge }) =>
    edge === undefined ? [] : [{ caller: edge[0], callee: edge[1], source: 'metrics', atMs }],
  )
}

function alertsOf(
  ratios: ErrorRateWatch,
  series: readonly MetricSeries[],
  atMs: number,
): readonly RatioAlert[] {
  return ratioSamples(series, atMs)
    .map((sample) => ratios.take(sample))
    .filter((alert) => alert !== null)
}
