import { z } from 'zod'
import type { DetectionSettings, SeasonalWatch, ThresholdWatch } from '../../pipeline/detection/settings.ts'
import { duration } from './duration.ts'

const correlation = z.strictObject({
  window: duration(),
  hops: z.int().min(1, 'must be at least 1: a number of calls').max(16, 'must be at most 16'),
})

const alertmanager = z.strictObject({
  serviceLabels: z.array(z.string()).min(1, 'is empty: name the labels that may hold a service'),
  lowUrgency: z.array(z.string().toLowerCase()).default([]),
  ignore: z.array(z.string().toLowerCase()).default([]),
})

const watch = z.strictObject({
  factor: z.number().gte(1, 'must be at least 1: a multiple of the objective'),
  for: duration(),
  minRequests: z.int().min(1, 'must be at least 1'),
})

const watched = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be small letters, digits and dashes'),
  query: z.string().min(1, 'is empty: write PromQL'),
  service: z.string().optional(),
  serviceLabel: z.string().default('service'),
  for: duration(),
  urgency: z.enum(['high', 'low'], 'must be high or low').default('high'),
  summary: z.string().optional(),
}

const threshold = z
  .strictObject({ ...watched, above: z.number().optional(), below: z.number().optional() })
  .refine(
    ({ above, below }) => (above === undefined) !== (below === undefined),
    'needs either above or below',
  )
  .transform(({ above, below, ...rest }): ThresholdWatch => ({
    ...watchedOf(rest),
    bound: above === undefined ? { kind: 'below', value: below ?? 0 } : { kind: 'above', value: above },
  }))

const SEASON_MS = { day: 86_400_000, week: 7 * 86_400_000 } as const

const seasonal = z
  .strictObject({
    ...watched,
    season: z.enum(['day', 'week'], 'must be day or week').default('week'),
    seasons: z.int().min(2, 'must be at least 2: one time before tells no spread').max(60).default(4),
    minSeasons: z.int().min(2, 'must be at least 2').default(3),
    window: duration().default(30 * 60_000),
    direction: z.enum(['above', 'below', 'both'], 'must be above, below or both').default('both'),
    deviation: z.number().gt(0, 'must be above 0: a number of scales').default(6),
    relativeFloor: z.number().min(0).default(0.1),
    floor: z.number().gt(0, 'must be above 0: what is no news, in the unit of the query'),
  })
  .refine(({ seasons, minSeasons }) => minSeasons <= seasons, {
    path: ['minSeasons'],
    message: 'must be at most seasons',
  })
  .transform(
    ({
      season,
      window,
      seasons,
      minSeasons,
      direction,
      deviation,
      relativeFloor,
      floor,
      ...rest
    }): SeasonalWatch => ({
      ...watchedOf(rest),
      seasonMs: SEASON_MS[season],
      windowMs: window,
      seasons,
      minSeasons,
      direction,
      deviation,
      relativeFloor,
      floor,
    }),
  )

function watchedOf({
  name,
  query,
  service = null,
  serviceLabel,
  for: forMs,
  urgency,
  summary = null,
}: {
  readonly name: string
  readonly query: string
  readonly service?: string | null | undefined
  readonly serviceLabel: string
  readonly for: number
  readonly urgency: 'high' | 'low'
  readonly summary?: string | null | undefined
}) {
  return { name, query, service, serviceLabel, forMs, urgency, summary }
}

const metricWatches = z
  .strictObject({
    every: duration(),
    thresholds: z.array(threshold).default([]),
    seasonal: z.array(seasonal).default([]),
  })
  .superRefine(({ thresholds, seasonal: unusual }, context) => {
    const names = [...thresholds, ...unusual].map(({ name }) => name)
    for (const name of names.filter((one, i) => names.indexOf(one) !== i))
      context.addIssue({ code: 'custom', message: `has two watches called ${name}: a name is an identity` })
  })

export const detectionSchema = z
  .strictObject({
    pollEvery: duration(),
    lookBack: duration(),
    scrapeEvery: duration(),
    keep: duration(),
    errorRateWatch: watch.nullable(),
    metricWatches: metricWatches.prefault({ every: '30s' }),
    correlation: correlation.prefault({ window: '10m', hops: 4 }),
    alertmanager: alertmanager.prefault({
      serviceLabels: ['service', 'service_name', 'app', 'job', 'deployment', 'container'],
      lowUrgency: ['warning', 'low'],
      ignore: ['none', 'info'],
    }),
  })
  .transform((d): DetectionSettings => ({
    pollEveryMs: d.pollEvery,
    lookBackMs: d.lookBack,
    scrapeEveryMs: d.scrapeEvery,
    keepMs: d.keep,
    errorRateWatch:
      d.errorRateWatch === null
        ? null
        : {
            factor: d.errorRateWatch.factor,
            forMs: d.errorRateWatch.for,
            minRequests: d.errorRateWatch.minRequests,
          },
    metricWatches: {
      everyMs: d.metricWatches.every,
      thresholds: d.metricWatches.thresholds,
      seasonal: d.metricWatches.seasonal,
    },
    correlation: { windowMs: d.correlation.window, hops: d.correlation.hops },
    alertmanager: d.alertmanager,
  }))
