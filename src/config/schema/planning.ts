import { z } from 'zod'
import type { PlanningSettings } from '../../pipeline/planning/settings.ts'
import type { TemplateCategory } from '../../pipeline/planning/templates/fix-template.ts'
import { duration } from './duration.ts'

const probability = z.number().gt(0, 'must be above 0').lt(1, 'must be below 1')
const cost = z.number().min(0, 'must not be negative').max(1, 'must be at most 1')
const count = z.int().min(1, 'must be at least 1')

const categories = z.partialRecord(
  z.enum([
    'null-check',
    'resource-leak',
    'timeout',
    'error-handling',
    'retry',
    'circuit-breaker',
  ] satisfies TemplateCategory[]),
  probability,
)

/** planning.yaml: how the candidates of a plan are weighed against each other. */
export const planningSchema = z
  .strictObject({
    priors: z.strictObject({
      revertCommit: probability,
      rollBackDeploy: probability,
      configChange: probability.default(0.9),
      aiPatch: probability,
    }),
    templatesForFaults: z.partialRecord(z.enum(['errors', 'slow-answers', 'exhaustion']), categories),
    timeouts: z.strictObject({
      shareOfObjective: z
        .number()
        .gt(0, 'must be above 0')
        .lt(1, 'must be below 1: the caller needs time of its own'),
      otherwise: duration(),
    }),
    priorStrength: z.number().gt(0, 'must be above 0: the prior would not count at all'),
    minConfidence: probability,
    maxTemplateCandidates: count.max(20, 'is more than 20: nobody reads that many'),
    costs: z.strictObject({ changedLine: cost, otherCommit: cost, lostFeature: cost, most: cost }),
    aiPatch: z.strictObject({
      askBelow: cost,
      maxChangedLines: count,
      maxFiles: count,
      deadline: duration(),
      forbiddenPaths: z.array(z.string().min(1, 'is empty')),
    }),
  })
  .transform(({ aiPatch: { deadline, ...aiPatch }, timeouts, ...rest }): PlanningSettings => ({
    ...rest,
    timeouts: { shareOfObjective: timeouts.shareOfObjective, otherwiseMs: timeouts.otherwise },
    aiPatch: { ...aiPatch, deadlineMs: deadline },
  }))
