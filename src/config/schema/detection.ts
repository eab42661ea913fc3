import { z } from 'zod'
import type { DetectionSettings } from '../../pipeline/detection/settings.ts'
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

export const detectionSchema = z
  .strictObject({
    pollEvery: duration(),
    lookBack: duration(),
    scrapeEvery: duration(),
    keep: duration(),
    errorRateWatch: watch.nullable(),
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
    correlation: { windowMs: d.correlation.window, hops: d.correlation.hops },
    alertmanager: d.alertmanager,
  }))
