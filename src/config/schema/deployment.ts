import { z } from 'zod'
import type { DeploymentSettings } from '../../pipeline/deployment/settings.ts'
import { duration } from './duration.ts'

const step = z
  .strictObject({
    soak: duration(),
    deadline: duration(),
    minCanaryRequests: z.int().min(1, 'must be at least 1: no step is taken without traffic'),
  })
  .refine((value) => value.deadline > value.soak, {
    path: ['deadline'],
    message: 'must be longer than soak, or every rollout would go back',
  })
  .transform((value) => ({
    soakMs: value.soak,
    deadlineMs: value.deadline,
    minCanaryRequests: value.minCanaryRequests,
  }))

/** config/deployment.yaml. */
export const deploymentSchema = z
  .strictObject({
    observeEvery: duration(),
    minBlock: duration(),
    warmUp: duration(),
    quickShare: z
      .number()
      .min(0, 'must be a share of the latency objective, 0 to 1')
      .max(1, 'must be a share of the latency objective, 0 to 1'),
    staleAfter: duration(),
    notice: duration(),
    canary10: step,
    canary50: step,
    full: step,
    drain: z.strictObject({ poll: duration(), timeout: duration() }),
  })
  .refine((value) => value.staleAfter > value.minBlock + value.observeEvery, {
    path: ['staleAfter'],
    message: 'must be longer than minBlock and observeEvery together, or every rollout would be frozen',
  })
  .transform((value): DeploymentSettings => ({
    observeEveryMs: value.observeEvery,
    minBlockMs: value.minBlock,
    warmUpMs: value.warmUp,
    quickShare: value.quickShare,
    staleAfterMs: value.staleAfter,
    noticeMs: value.notice,
    canary10: value.canary10,
    canary50: value.canary50,
    full: value.full,
    drain: { pollMs: value.drain.poll, timeoutMs: value.drain.timeout },
  }))
