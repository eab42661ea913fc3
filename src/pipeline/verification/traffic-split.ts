import type { Rollout } from '../contracts.ts'
import { logEOff } from './proportion.ts'
import type { VerificationSettings } from './settings.ts'

/** A weight of 0 or 100 is tested as nearly that: a straggler is no fault, a share is. */
const BORDER = 0.005

export interface SplitCheck {
  readonly ok: boolean
  /** Share of requests that reached the canary at the present weight, 0..1; null without traffic. */
  readonly observed: number | null
  readonly logE: number
}

/**
 * Whether the router splits as it was told: the e-process of `logEOff` on the canary's share of the requests, over the
 * blocks since the weight was last changed, so that a fault that was mended is forgotten.
 */
export function checkTrafficSplit(
  rollout: Rollout,
  settings: VerificationSettings['trafficSplit'],
): SplitCheck {
  const current = blocksAtPresentWeight(rollout)
  const parts = current.map((block) => ({
    count: { n: block.canary.requests + block.control.requests, x: block.canary.requests },
    p0: Math.min(1 - BORDER, Math.max(BORDER, block.weightPercent / 100)),
  }))
  const n = parts.reduce((sum, part) => sum + part.count.n, 0)
  const x = parts.reduce((sum, part) => sum + part.count.x, 0)
  const logE = n === 0 ? 0 : logEOff(parts, settings.tolerance)
  return { ok: logE < Math.log(1 / settings.alpha), observed: n === 0 ? null : x / n, logE }
}

function blocksAtPresentWeight(rollout: Rollout): Rollout['blocks'] {
  const last = rollout.blocks.at(-1)
  if (last === undefined) return []
  const change = rollout.blocks.findLastIndex((block) => block.weightPercent !== last.weightPercent)
  return rollout.blocks.slice(change + 1)
}
