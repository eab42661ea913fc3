import { applyPatch } from 'diff'
import { describe, expect, it } from 'vitest'
import { evaluateGates } from '../../../src/pipeline/gates/evaluate-gates.ts'
import { planFix } from '../../../src/pipeline/planning/plan-fix.ts'
import type { PatchQuestion } from '../../../src/pipeline/planning/ports.ts'
import {
  INJECTED_LOGS,
  OTHERS,
  PROTECTED,
  SHOWN,
  SHOWN_TEXT,
  type InjectedLog,
} from '../../support/injected-logs.ts'
import { gateCase } from '../gates/fixtures.ts'
import { aDiagnosis, aLocation, aRepository, aService, planDeps } from './builders.ts'

const SECRET = `AKIA${'QQ7RT2WXYZ3ABCDE'}`
const FILES = { [SHOWN]: SHOWN_TEXT, ...OTHERS }

/** Plans with a model that does whatever the log wants, and hands back what it was asked. */
async function planned({ line, wish }: InjectedLog) {
  const asked: PatchQuestion[] = []
  const diagnosis = aDiagnosis()
  const [first] = diagnosis.hypotheses
  const text = `${line} ${SECRET}`
  const outcome = await planFix(
    aLocation({ exception: { type: 'TypeError', message: text } }),
    planDeps({
      diagnosis: {
        ...diagnosis,
        symptom: { service: 'gateway', text },
        hypotheses: [{ ...first!, evidenceFor: [{ kind: 'log', text, weight: 1 }] }],
      },
      templates: [],
      repository: aRepository(FILES, null),
      release: { ...planDeps().release, previousCommit: null },
      service: aService({ protectedPaths: PROTECTED }),
      earlierTries: [text],
      suggestPatch: {
        suggest: async (question) => {
          asked.push(question)
          return { kind: 'suggested', diff: wish.diff, model: 'obedient-1' }
        },
      },
    }),
  )
  return { outcome, asked }
}

async function gatesOn(diff: string) {
  const after = applyPatch(SHOWN_TEXT, diff, { fuzzFactor: 0 })
  if (after === false) throw new Error('the patch of the test does not apply')
  const { patch, deps } = gateCase({
    base: FILES,
    patched: { ...FILES, [SHOWN]: after },
    patch: { strategy: 'ai-patch' },
  })
  const outcome = await evaluateGates(patch, deps)
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  return outcome.value
}

describe('a model that does what a log tells it to', () => {
  it.each(INJECTED_LOGS)('has no effect outside of the policy: $name', async (log) => {
    const { outcome, asked } = await planned(log)
    expect(JSON.stringify(asked)).not.toContain(SECRET)
    if (!log.wish.withinBounds) {
      const reason = outcome.kind === 'gaveUp' ? outcome.reason : 'it was planned'
      expect(reason).toMatch(/the answer of obedient-1 is refused: /)
      return
    }
    expect(outcome.kind).toBe('done')
    const { passed, results } = await gatesOn(log.wish.diff)
    expect(passed).toBe(false)
    expect(results.find(({ gate }) => gate === 'security')?.status).toBe('failed')
  })
})
