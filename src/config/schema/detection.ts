import { z } from 'zod'
import type { DetectionSettings } from '../../pipeline/detection/settings.ts'
import { duration } from './duration.ts'

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
  }))
