import { z } from 'zod'
import { FEATURES, type FeatureName } from '../../pipeline/rca/features.ts'
import { PAST_METHODS } from '../../pipeline/rca/past-scale.ts'
import type { RcaSettings } from '../../pipeline/rca/settings.ts'
import { duration } from './duration.ts'

const share = (what: string) => z.number().min(0, `${what} is below 0`).max(1, `${what} is above 1`)
const positive = (what: string) => z.number().positive(`${what} must be above 0`)
const limit = (what: string) => z.int().min(1, `${what} must be at least 1`)

const BYTES_OF_MEGABYTE = 1024 * 1024

const weights = z.strictObject(
  Object.fromEntries(FEATURES.map((name) => [name, z.number().min(-20).max(20)])) as Record<
    FeatureName,
    z.ZodNumber
  >,
)

export const rcaSchema = z
  .strictObject({
    gather: z.strictObject({
      metricHistory: duration(),
      logHistory: duration(),
      spanHistory: duration(),
      changeHistory: duration(),
      deadline: duration(),
      logLineLimit: limit('logLineLimit'),
      spanLimit: limit('spanLimit'),
    }),
    recordings: z
      .strictObject({
        most: z.int().min(0, 'most is below 0: write 0 to keep no recordings'),
        mostMegabytes: positive('mostMegabytes'),
      })
      .default({ most: 200, mostMegabytes: 500 }),
    incidentWindow: duration(),
    deviation: z.strictObject({
      method: z
        .enum(PAST_METHODS, `is not a known method: write one of ${PAST_METHODS.join(', ')}`)
        .default('quantile-range'),
      relativeFloor: positive('relativeFloor'),
      ratioFloor: positive('ratioFloor'),
      cap: positive('cap'),
      noticedCap: positive('noticedCap'),
    }),
    changeHalfLife: duration(),
    symptomAbnormalFrom: z.number().min(0, 'symptomAbnormalFrom is below 0'),
    abstainBelow: share('abstainBelow'),
    review: z
      .strictObject({
        ask: z.boolean(),
        deadline: duration(),
        reorderWithin: z.number().min(1, 'reorderWithin is below 1: 1 lets a model reorder nothing but ties'),
      })
      .default({ ask: false, deadline: 8_000, reorderWithin: 3 }),
    model: z.strictObject({
      weights,
      calibration: z.strictObject({ intercept: z.number(), lead: z.number(), reachesSymptom: z.number() }),
    }),
  })
  .transform((c): RcaSettings => ({
    gather: {
      metricHistoryMs: c.gather.metricHistory,
      logHistoryMs: c.gather.logHistory,
      spanHistoryMs: c.gather.spanHistory,
      changeHistoryMs: c.gather.changeHistory,
      deadlineMs: c.gather.deadline,
      logLineLimit: c.gather.logLineLimit,
      spanLimit: c.gather.spanLimit,
    },
    recordings: {
      most: c.recordings.most,
      mostBytes: c.recordings.mostMegabytes * BYTES_OF_MEGABYTE,
    },
    incidentWindowMs: c.incidentWindow,
    deviation: c.deviation,
    changeHalfLifeMs: c.changeHalfLife,
    symptomAbnormalFrom: c.symptomAbnormalFrom,
    abstainBelow: c.abstainBelow,
    model: c.model,
    review: { ask: c.review.ask, deadlineMs: c.review.deadline, reorderWithin: c.review.reorderWithin },
  }))
