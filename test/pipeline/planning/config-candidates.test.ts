import { describe, expect, it } from 'vitest'
import { planFix } from '../../../src/pipeline/planning/plan-fix.ts'
import type { Diagnosis, FixPlan, Location } from '../../../src/pipeline/contracts.ts'
import type { ConfigRelease } from '../../../src/pipeline/planning/config-candidates.ts'
import type { PlanDeps } from '../../../src/pipeline/planning/plan-fix.ts'
import type { PlanRepository } from '../../../src/pipeline/planning/ports.ts'
import { CcpError } from '../../../src/pipeline/errors.ts'
import { aDiagnosis, aLocation, planDeps, PREVIOUS, SUSPECT } from './builders.ts'

const NOW = 'LIMIT=72\nSETTLE_CHF=ZRH\nSETTLE_GPB=EDI\n'
const THEN = 'LIMIT=70\nSETTLE_GBP=LON\n'
const REVERTED = 'LIMIT=72\nSETTLE_GBP=LON\n'

const blamed = (confidence = 0.9): Diagnosis => {
  const diagnosis = aDiagnosis(confidence)
  const [first] = diagnosis.hypotheses
  if (first?.change === undefined || first.change === null) throw new Error('no change is blamed')
  const change = { ...first.change, kind: 'config' as const, summary: 'configuration a in place of b' }
  return { ...diagnosis, hypotheses: [{ ...first, change }] }
}

/** The key that vanished, and where the code missed it. */
const LOCATION = aLocation({
  file: 'payment.env',
  line: 3,
  symbol: 'SETTLE_GBP',
  config: { change: 'SETTLE_GBP removed (was LON)', surfaced: aLocation() },
})

function configRelease(changes: Partial<ConfigRelease> = {}, repository: Partial<PlanRepository> = {}) {
  return {
    repository: {
      directory: '/settings',
      readFile: async (commit: string) => (commit === PREVIOUS ? THEN : NOW),
      revertedFiles: async () => [{ path: 'payment.env', content: REVERTED }],
      filesTurning: async () => [],
      ...repository,
    },
    previousCommit: PREVIOUS,
    otherCommits: [{ commit: 'e'.repeat(40), subject: 'decline from 72' }],
    ...changes,
  }
}

async function plan(changes: Partial<PlanDeps> = {}, location: Location = LOCATION): Promise<FixPlan> {
  const deps = planDeps({ diagnosis: blamed(), config: configRelease(), ...changes })
  const outcome = await planFix(location, deps)
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  return outcome.value
}

describe('a plan where a change of configuration is blamed', () => {
  it('takes the suspected commit of the configuration back, and says what that sets', async () => {
    const { candidates, chosenId } = await plan()
    const [first, second] = candidates
    expect(chosenId).toBe(first?.candidateId)
    expect(first).toMatchObject({
      strategy: 'config-change',
      title: `Revert ${SUSPECT.slice(0, 8)} "receipt: tax" in the configuration`,
      recipe: { kind: 'revert-commit', commit: SUSPECT },
      drawbacks: [
        'settings afterwards: SETTLE_CHF removed (was ZRH); SETTLE_GPB removed (was EDI); SETTLE_GBP added (LON)',
      ],
    })
    expect(second).toMatchObject({
      strategy: 'config-change',
      title: `Put payment.env back as it was in ${PREVIOUS.slice(0, 8)}`,
      recipe: { kind: 'restore-file', file: 'payment.env', fromCommit: PREVIOUS },
      drawbacks: [expect.stringContaining('LIMIT 72 -> 70'), 'also takes back "decline from 72"'],
    })
  })

  it('puts what could be changed in the code below: that did not change', async () => {
    const { candidates } = await plan()
    const inCode = candidates.filter(({ strategy }) => strategy !== 'config-change')
    const template = inCode.find(({ strategy }) => strategy === 'template')
    // Right only if the diagnosis is wrong.
    expect(template?.confidence).toBeLessThan(0.1)
    expect(template?.confidenceBasis).toMatch(/only if the configuration is not the cause$/)
    expect(candidates.findIndex(({ strategy }) => strategy === 'template')).toBeGreaterThan(1)
    expect(inCode.find(({ strategy }) => strategy === 'ai-patch')?.unavailable).toMatch(/model|configuration/)
  })

  it('puts the whole file back where later commits are in the way of the one', async () => {
    const config = configRelease(
      {},
      { revertedFiles: () => Promise.reject(new CcpError('conflict', 'a later commit changed the line')) },
    )
    const { candidates, chosenId } = await plan({ config })
    const chosen = candidates.find(({ candidateId }) => candidateId === chosenId)
    expect(chosen?.recipe?.kind).toBe('restore-file')
    expect(candidates.some(({ unavailable }) => unavailable?.includes('a later commit') === true)).toBe(true)
  })

  it('does not offer the same twice where the change was one commit', async () => {
    const { candidates } = await plan({ config: configRelease({ otherCommits: [] }) })
    expect(candidates.filter(({ strategy }) => strategy === 'config-change')).toHaveLength(1)
  })

  it('puts the file back where no commit is suspected: the configuration went back to an older one', async () => {
    const config = configRelease({ otherCommits: [] })
    const { candidates } = await plan({ config }, { ...LOCATION, suspectCommit: null })
    expect(candidates[0]?.recipe?.kind).toBe('restore-file')
  })

  it('tells of files of others that the commit changed as well', async () => {
    const files = [
      { path: 'payment.env', content: REVERTED },
      { path: 'checkout.env', content: 'A=1\n' },
    ]
    const config = configRelease({}, { revertedFiles: async () => files })
    const { candidates } = await plan({ config })
    expect(candidates[0]?.drawbacks).toContain('also changes checkout.env, which no rollout here tries')
  })

  it('never deletes the file', async () => {
    const config = configRelease(
      { previousCommit: null },
      { revertedFiles: async () => [{ path: 'payment.env', content: null }] },
    )
    const outcome = await planFix(LOCATION, planDeps({ diagnosis: blamed(), config }))
    expect(outcome).toMatchObject({
      kind: 'gaveUp',
      reason: expect.stringContaining('it brought payment.env: nothing would be left of it'),
    })
  })

  it('gives up rather than guard innocent code where services.yaml names no repository of it', async () => {
    const outcome = await planFix(aLocation(), planDeps({ diagnosis: blamed(), config: undefined }))
    expect(outcome).toMatchObject({
      kind: 'gaveUp',
      reason: expect.stringMatching(
        /"configuration a in place of b" has to be put back by hand: services\.yaml names no repository/,
      ),
    })
  })

  it('does not propose again what was refused', async () => {
    const first = (await plan()).candidates[0]?.candidateId ?? ''
    const again = await plan({ refused: [first] })
    expect(again.chosenId).not.toBe(first)
    expect(again.candidates.find(({ candidateId }) => candidateId === again.chosenId)?.strategy).toBe(
      'config-change',
    )
  })

  it('needs no exception that leads into the code', async () => {
    const location = { ...LOCATION, config: { change: 'LIMIT 7000 -> 70', surfaced: null } }
    const { candidates } = await plan({}, location)
    expect(candidates.find(({ strategy }) => strategy === 'template')?.unavailable).toBe(
      'no exception leads to a line of it, and it did not change',
    )
  })
})
