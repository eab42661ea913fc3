import type { Rollout } from '../../pipeline/contracts.ts'

const FORWARD = [
  'IDLE',
  'CANARY_10',
  'HEALTH_CHECK',
  'CANARY_50',
  'HEALTH_CHECK',
  'FULL_DEPLOY',
  'VERIFICATION',
  'SUCCESS',
] as const

/** Where the rollout stands in the machine's own words: `IDLE ✓ → CANARY_10 ● → HEALTH_CHECK …`. */
export function phaseTrack(rollout: Rollout): string {
  const reached = position(rollout)
  if (rollout.phase === 'ROLLBACK') {
    const done = FORWARD.slice(0, reached + 1).map((phase) => `${phase} ✓`)
    return [...done, 'ROLLBACK ●'].join(' → ')
  }
  return FORWARD.map((phase, index) => {
    if (index < reached || rollout.phase === 'SUCCESS') return `${phase} ✓`
    return index === reached ? `${phase} ●` : phase
  }).join(' → ')
}

/** The last step that was entered. After a rollback the measured blocks tell how far it had come. */
function position(rollout: Rollout): number {
  const { phase, weightPercent } = rollout
  if (phase === 'ROLLBACK') return farthest(rollout)
  if (phase === 'HEALTH_CHECK') return weightPercent >= 50 ? 4 : 2
  return FORWARD.findIndex((each) => each === phase)
}

function farthest({ blocks, weightPercent }: Rollout): number {
  const highest = Math.max(weightPercent, ...blocks.map((block) => block.weightPercent))
  if (highest >= 100) return 6
  if (highest >= 50) return 4
  return highest > 0 ? 2 : 0
}

/** `███░░░░░░░ 30 %` */
export function weightBar(weightPercent: number): string {
  const full = Math.min(10, Math.max(0, Math.round(weightPercent / 10)))
  return `${'█'.repeat(full)}${'░'.repeat(10 - full)} ${weightPercent} %`
}
