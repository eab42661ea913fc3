import type { Resource, ResourceLevels, Rollout, SignalVerdict } from '../contracts.ts'
import { logMeanExp } from './log-math.ts'
import type { VerificationSettings } from './settings.ts'
import { pValue, tempered } from './signal-verdict.ts'

/** What shows a resource fill up; a connection is an open file to the system. */
const LEVELS: Readonly<Partial<Record<Resource, keyof ResourceLevels>>> = {
  'open files': 'openFiles',
  connections: 'openFiles',
  memory: 'memoryBytes',
}

/** What is staked on each block, mixed in equal parts. */
const STAKES: readonly number[] = [0.1, 0.3, 0.6]

interface Growth {
  readonly requests: number
  readonly grown: number
}

/**
 * Whether the canary's use of the resource still grows with its requests, which a restart hides for a while: errors come only
 * when nothing is left. By signs of blocks: s = 1 where it grew by less than half (1 / cureFactor) of what the old version
 * added for so many requests, else -1, and E = prod(1 + stake s). Under "it leaks at least half as fast" a block is as likely to
 * be above the half as below, so that E is a supermartingale. The control is no measure: at its limit it cannot grow.
 * Null where the old growth, or that of the canary, is not measured.
 */
export function judgeGrowth(rollout: Rollout, settings: VerificationSettings): SignalVerdict | null {
  const { growthBefore, blocks } = rollout
  const level = growthBefore === undefined ? undefined : LEVELS[growthBefore.resource]
  if (growthBefore === undefined || level === undefined) return null
  const { resource, perRequest } = growthBefore
  const measured = blocks.flatMap(({ canary }): readonly Growth[] => {
    const grown = canary.grown?.[level]
    return grown === undefined || canary.requests === 0 ? [] : [{ requests: canary.requests, grown }]
  })
  if (measured.length === 0) return null
  const requests = measured.reduce((sum, block) => sum + block.requests, 0)
  const grown = measured.reduce((sum, block) => sum + block.grown, 0)
  const cure = tempered(logEStill(measured, perRequest / settings.cureFactor), settings)
  return {
    signal: 'growth',
    resource,
    canary: { n: requests, x: grown, ratio: grown / requests },
    control: { n: 0, x: 0, ratio: perRequest },
    difference: grown / requests - perRequest,
    interval: null,
    level: settings.intervalLevel,
    logEHarm: 0,
    logENoHarm: 0,
    logECure: cure,
    pHarm: 1,
    pNoHarm: 1,
    pCure: pValue(cure),
  }
}

/** ln E against "it grows by at least `border` for each request". */
function logEStill(blocks: readonly Growth[], border: number): number {
  const below = blocks.filter(({ grown, requests }) => grown < border * requests).length
  return logMeanExp(
    STAKES.map((stake) => below * Math.log1p(stake) + (blocks.length - below) * Math.log1p(-stake)),
  )
}
