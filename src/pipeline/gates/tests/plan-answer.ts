import type { Finding } from '../../contracts.ts'
import { listed } from '../gate-result.ts'
import { failuresOf, finding, type TestRun } from './judge-tests.ts'

/** What is left to say of one run of tests, before the patch and with it. */
export interface PlanAnswer {
  readonly executed: number
  /** Whose tests they are, where that is not plain: "of the configuration". */
  readonly of?: string
  readonly blocked: readonly string[]
  readonly findings: readonly Finding[]
  readonly notes: readonly string[]
}

export function answer(executed: number, rest: Partial<PlanAnswer>): PlanAnswer {
  return { executed, blocked: [], findings: [], notes: [], ...rest }
}

/** A patch that makes tests hang is at fault; tests that hang without it as well tell nothing. */
export function stoppedAnswer(base: TestRun, patched: TestRun & { why: string }): PlanAnswer {
  if (patched.kind === 'stopped' && base.kind === 'ran')
    return answer(0, {
      findings: [finding('test-stopped', `with the patch the tests were stopped: ${patched.why}`)],
    })
  return answer(0, { blocked: [patched.why] })
}

/** Tests that fail on both sides are not the patch's doing, and are told. */
export function preExisting(base: TestRun, patched: TestRun & { kind: 'ran' }): readonly string[] {
  if (base.kind !== 'ran') return []
  const before = new Set(failuresOf(base).map(({ id }) => id))
  const both = failuresOf(patched).filter(({ id }) => before.has(id))
  return both.length === 0
    ? []
    : [
        `${both.length} failed before the patch as well (${listed(
          both.map(({ id }) => id),
          2,
        )})`,
      ]
}

export function flakyNote(flaky: readonly string[]): readonly string[] {
  return flaky.length === 0 ? [] : [`${listed(flaky, 2)} failed once and passed when run again`]
}
