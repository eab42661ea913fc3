import { describe, expect, it } from 'vitest'
import type { Rollout } from '../../../src/pipeline/contracts.ts'
import { evidenceReadyMs } from '../../../src/bot/views/evidence-pace.ts'
import { phaseTrack, weightBar } from '../../../src/bot/views/phase-track.ts'
import { blocks, inconclusive, RECORDS, signalVerdict } from '../../support/incident-records.ts'

const rollout = RECORDS.canary10.rollout as Rollout
const needed = -Math.log(1 - 0.95)

describe('when the evidence will be there', () => {
  it('is as far ahead as the slowest open question has left at its pace so far', () => {
    const halfWay = {
      ...inconclusive,
      signals: [signalVerdict({ logENoHarm: needed, logECure: needed / 2 })],
    }
    const lastMs = rollout.blocks.at(-1)?.toMs ?? 0
    const elapsedMs = lastMs - (rollout.blocks[0]?.fromMs ?? 0)
    expect(evidenceReadyMs(rollout, halfWay)).toBeCloseTo(lastMs + elapsedMs)
  })

  it('is not guessed from one block, from evidence that shrinks, or when nothing is open', () => {
    const shrinking = { ...inconclusive, signals: [signalVerdict({ logECure: -1 })] }
    const proved = { ...inconclusive, signals: [signalVerdict({ logENoHarm: 9, logECure: 9 })] }
    expect(evidenceReadyMs({ ...rollout, blocks: blocks({ ten: 1 }) }, inconclusive)).toBeNull()
    expect(evidenceReadyMs(rollout, shrinking)).toBeNull()
    expect(evidenceReadyMs(rollout, proved)).toBeNull()
  })
})

describe('the track of the phases', () => {
  it.each([
    [{ phase: 'IDLE', weightPercent: 0 }, 'IDLE ●'],
    [{ phase: 'CANARY_10', weightPercent: 0 }, 'CANARY_10 ●'],
    [{ phase: 'HEALTH_CHECK', weightPercent: 10 }, 'CANARY_10 ✓ → HEALTH_CHECK ● → CANARY_50 →'],
    [{ phase: 'HEALTH_CHECK', weightPercent: 50 }, 'CANARY_50 ✓ → HEALTH_CHECK ● → FULL_DEPLOY'],
    [{ phase: 'VERIFICATION', weightPercent: 100 }, 'FULL_DEPLOY ✓ → VERIFICATION ● → SUCCESS'],
    [{ phase: 'SUCCESS', weightPercent: 100 }, 'VERIFICATION ✓ → SUCCESS ✓'],
    [{ phase: 'ROLLBACK', weightPercent: 10 }, 'IDLE ✓ → CANARY_10 ✓ → HEALTH_CHECK ✓ → ROLLBACK ●'],
  ] as const)('stands at %o', (change, expected) => {
    expect(phaseTrack({ ...rollout, blocks: blocks({ ten: 1 }), ...change })).toContain(expected)
  })

  it('is followed by a bar of the weight', () => {
    expect([0, 10, 50, 100].map(weightBar)).toEqual([
      '░░░░░░░░░░ 0 %',
      '█░░░░░░░░░ 10 %',
      '█████░░░░░ 50 %',
      '██████████ 100 %',
    ])
  })
})
