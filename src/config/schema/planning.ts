import { z } from 'zod'
import type { PlanningSettings } from '../../pipeline/planning/settings.ts'
import { duration } from './duration.ts'

const probability = z.number().gt(0, 'must be above 0').lt(1, 'must be below 1')
const cost = z.number().min(0, 'must not be negative').max(1, 'must be at most 1')
const count = z.int().min(1, 'must be at least 1')

/** planning.yaml: how the candidates of a plan are weighed against each other. */
export const planningSchema = z
  .strictObject({
    priors: z.strictObject({ revertCommit: probability, rollBackDeploy: probability, aiPatch: probability }),
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
  .transform(({ aiPatch: { deadline, ...aiPatch }, ...rest }): PlanningSettings => ({
    ...rest,
    aiPatch: { ...aiPatch, deadlineMs: deadline },
  }))
