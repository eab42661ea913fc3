import { z } from 'zod'
import type { ConcurrencySettings } from '../../pipeline/concurrency/settings.ts'
import { duration } from './duration.ts'

export const concurrencySchema = z
  .strictObject({
    maxOperations: z
      .int()
      .min(1, 'must be at least 1')
      .max(20, 'is more than 20: that is no blast radius any more'),
    lockTtl: duration(),
    lockRetry: duration(),
    lease: duration(),
    maxAttempts: z.int().min(1, 'must be at least 1'),
    firstRetry: duration(),
  })
  .transform((c): ConcurrencySettings => ({
    maxOperations: c.maxOperations,
    lockTtlMs: c.lockTtl,
    lockRetryMs: c.lockRetry,
    leaseMs: c.lease,
    maxAttempts: c.maxAttempts,
    firstRetryMs: c.firstRetry,
  }))
