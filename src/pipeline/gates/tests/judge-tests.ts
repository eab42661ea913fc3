import type { Finding } from '../../contracts.ts'
import type { Tally, TestFailure } from './tally.ts'

/** How one run of the tests ended. */
export type TestRun =
  | { readonly kind: 'ran'; readonly tally: Tally; readonly exitCode: number; readonly output: string }
  | { readonly kind: 'stopped'; readonly why: string }
  | { readonly kind: 'unavailable'; readonly why: string }

export interface TestVerdict {
  readonly status: 'passed' | 'failed' | 'blocked'
  readonly summary: readonly string[]
  readonly findings: readonly Finding[]
}

/** A run that ended badly without naming a test is one failure with no name. */
export function failuresOf(run: TestRun & { kind: 'ran' }): readonly TestFailure[] {
  if (run.tally.failures.length > 0 || run.exitCode === 0) return run.tally.failures
  return [{ id: `exit code ${run.exitCode}`, message: lastLine(run.output) }]
}

export function newFailures(base: TestRun, patched: TestRun & { kind: 'ran' }): readonly TestFailure[] {
  const known = new Set(base.kind === 'ran' ? failuresOf(base).map(({ id }) => id) : [])
  return failuresOf(patched).filter(({ id }) => !known.has(id))
}

/** Tests that ran on the base and, with the patch, are gone or skipped. */
export function lostTests(base: TestRun, patched: TestRun & { kind: 'ran' }): readonly Finding[] {
  if (base.kind !== 'ran') return []
  const [before, after] = [base.tally, patched.tally]
  if (before.ran === null || after.ran === null) return lostByCount(before, after)
  const failing = new Set(failuresOf(patched).map(({ id }) => id))
  return [...before.ran].flatMap((id) => {
    if (after.ran?.has(id) || failing.has(id)) return []
    const isSkipped = after.skippedIds?.has(id) === true
    return [
      finding(
        isSkipped ? 'test-skipped' : 'test-deleted',
        `${id} ran before the patch and ${isSkipped ? 'is skipped now' : 'does not any more'}`,
      ),
    ]
  })
}

function lostByCount(before: Tally, after: Tally): readonly Finding[] {
  const lost = before.executed - after.executed
  if (lost <= 0) return []
  return [finding('test-deleted', `${before.executed} tests ran before the patch, ${after.executed} with it`)]
}

export function finding(rule: string, message: string): Finding {
  return { file: null, line: null, rule, message }
}

/** The patch's own test has to fail before the patch, for the fault and not for being unloadable, and to pass after it. */
export function judgeRegression(base: TestRun, patched: TestRun, path: string): Finding | null {
  const complaint = (message: string): Finding => ({
    file: path,
    line: null,
    rule: 'regression-test',
    message,
  })
  if (patched.kind !== 'ran') return complaint(`with the patch it did not run: ${patched.why}`)
  if (patched.tally.executed === 0)
    return complaint(`with the patch no test of it ran: ${lastLine(patched.output)}`)
  const [failure] = failuresOf(patched)
  if (failure !== undefined) return complaint(`it fails with the patch as well: ${failure.message}`)
  if (base.kind === 'unavailable') return complaint(`on the base it could not be run: ${base.why}`)
  // A fault that hangs is demonstrated by a test that hangs.
  if (base.kind === 'stopped') return null
  if (base.tally.unloadable.length > 0)
    return complaint('on the base it cannot be loaded, so that it shows nothing of the fault')
  if (base.tally.executed === 0 && failuresOf(base).length === 0)
    return complaint('on the base no test of it ran')
  return failuresOf(base).length > 0
    ? null
    : complaint('it passes on the base too, so that it does not show the fault')
}

export function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.at(-1)?.trim().slice(0, 300) ?? 'no output'
}
