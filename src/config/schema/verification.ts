import { z } from 'zod'
import type { VerificationSettings } from '../../pipeline/verification/settings.ts'

const SIGNALS = ['error_ratio', 'latency_p50', 'latency_p95', 'latency_p99'] as const

const chance = () => z.number().gt(0, 'must be above 0').lt(1, 'must be below 1: write 0.01 for 1 %')
const share = () => z.number().min(0, 'must not be negative').max(1, 'must be at most 1')

const test = z
  .strictObject({
    harmOddsRatio: z.number().min(1, 'must be at least 1, which means "no worse at all"'),
    noHarmOddsRatio: z.number().gt(1, 'must be above 1, such as 2'),
    minDifference: chance(),
  })
  .refine((value) => value.noHarmOddsRatio > value.harmOddsRatio, {
    path: ['noHarmOddsRatio'],
    message: 'must be above harmOddsRatio, or the same canary could be harmful and harmless',
  })

/** config/verification.yaml. */
export const verificationSchema = z.strictObject({
  alpha: chance(),
  beta: chance(),
  weights: z
    .strictObject({
      error_ratio: share(),
      latency_p50: share(),
      latency_p95: share(),
      latency_p99: share(),
      objective: share(),
      objective_latency: share(),
    })
    .refine((weights) => Object.values(weights).reduce((sum, weight) => sum + weight, 0) <= 1 + 1e-9, {
      message: 'add up to more than 1, which would break the promise of alpha: lower them',
    }),
  mustPass: z.array(z.enum(SIGNALS)).refine((signals) => signals.includes('error_ratio'), {
    message: 'must contain error_ratio: no deployment passes on latency alone',
  }),
  errors: test,
  latency: test,
  cureFactor: z.number().gt(1, 'must be above 1, such as 2 for "half the errors"'),
  overDispersion: z.number().min(1, 'must be at least 1, which means independent failures'),
  trafficSplit: z.strictObject({
    alpha: chance(),
    tolerance: z.number().min(1, 'must be at least 1, such as 1.25'),
  }),
  intervalLevel: chance(),
}) satisfies z.ZodType<VerificationSettings>
