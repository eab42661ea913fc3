import { describe, expect, it } from 'vitest'
import {
  commitObservations,
  type CodeSignals,
} from '../../../../src/pipeline/rca/evidence/commit-evidence.ts'
import { releaseChanges } from '../../../../src/pipeline/rca/release-changes.ts'
import type { Change } from '../../../../src/pipeline/signals/telemetry.ts'
import { deploy, logLine, NOW, span } from '../builders.ts'

const ONSET = NOW - 60
const TRACE = `ERROR charge failed
Traceback (most recent call last):
  File "/app/payment/app.py", line 88, in charge
    lines = receipt_lines(order)
  File "/app/payment/receipt.py", line 41, in receipt_lines
    x = None["a"]
TypeError: no`

function commit(id: string, at: number, more: Partial<Change>): Change {
  return deploy({ id, service: 'payment', kind: 'commit', at, summary: id, ...more })
}

function said(commits: readonly Change[], signals: Partial<CodeSignals>) {
  const releases = releaseChanges([...commits, deploy({ id: 'd', service: 'payment' })])
  const known = { logs: [], spans: [], onset: ONSET, ...signals }
  const [observation] = [...commitObservations(releases, known).values()][0] ?? []
  return observation === undefined ? null : { value: observation.value, text: observation.text() }
}

describe('commits against the frames of an exception', () => {
  const logs = [logLine('payment', 5, TRACE)]

  it('speak most where they touched the function that throws, less for its file, less for its callers', () => {
    const receipt = { files: ['payment/receipt.py'] }
    expect(said([commit('c', NOW - 500, { ...receipt, symbols: ['receipt_lines'] })], { logs })).toEqual({
      value: 1,
      text: 'commit c "c" touched receipt_lines in payment/receipt.py, where TypeError: no at receipt.py:41 is thrown',
    })
    expect(said([commit('c', NOW - 500, { ...receipt, symbols: ['total'] })], { logs })?.value).toBe(0.75)
    const caller = commit('c', NOW - 500, { files: ['payment/app.py'], symbols: ['charge'] })
    expect(said([caller], { logs })).toMatchObject({
      value: 0.5,
      text: expect.stringContaining('on the way to where'),
    })
  })

  it('name the one that touched the function, not the newest that touched the file', () => {
    const files = ['payment/receipt.py']
    const [older, newer] = [
      commit('older', NOW - 900, { files, symbols: ['receipt_lines'] }),
      commit('newer', NOW - 500, { files, symbols: ['total'] }),
    ]
    expect(said([older, newer], { logs })?.text).toMatch(/^commit older /)
  })

  it('name the commit on the merged branch, and of the merge only what it changed itself', () => {
    const inner = commit('inner', NOW - 9_000, { files: ['payment/receipt.py'], mergedBy: 'merge' })
    expect(said([inner, commit('merge', NOW - 500, { files: [] })], { logs })?.text).toMatch(/^commit inner /)
  })

  it('are silent where the release took back what touched it', () => {
    const bad = commit('bad', NOW - 900, { files: ['payment/receipt.py'] })
    const good = commit('good', NOW - 700, { files: ['README.md'] })
    const revert = commit('revert', NOW - 500, { files: ['payment/fees.py'], reverts: ['bad'] })
    expect(said([bad, good, revert], { logs })?.value).toBe(0)
  })
})

describe('commits against log sites', () => {
  const touched = [commit('c', NOW - 500, { files: ['payment/settle.py'], symbols: ['settle'] })]
  const json = (fields: object): string => JSON.stringify({ level: 'error', msg: 'no rate', ...fields })

  it.each([
    ['a path with a line', json({ caller: 'payment/settle.py:12' })],
    ['file and function', json({ pathname: '/app/payment/settle.py', funcName: 'settle' })],
    ['the logger’s name', json({ logger: 'payment.settle' })],
    ['text', '2023-11-14T22:13:15Z ERROR payment/settle.py:12 no rate'],
  ])('speak for their release where new errors are logged, told by %s', (_, line) => {
    const found = said(touched, { logs: [logLine('payment', 5, line)] })
    expect(found).toMatchObject({
      value: 0.5,
      text: expect.stringContaining('logs errors that it did not log before'),
    })
  })

  it('say nothing of errors that were logged before, of other levels, and of other services', () => {
    const line = json({ caller: 'payment/settle.py:12' })
    expect(said(touched, { logs: [logLine('payment', 90, line), logLine('payment', 5, line)] })).toBeNull()
    const info = json({ caller: 'payment/settle.py:12', level: 'info', msg: 'no error' })
    expect(said(touched, { logs: [logLine('payment', 5, info), logLine('checkout', 5, line)] })).toBeNull()
  })
})

describe('commits against spans', () => {
  const touched = [commit('c', NOW - 500, { files: ['payment/settle.py'], symbols: ['settle'] })]
  const spans = (during: { durationMs?: number; error?: boolean }) =>
    Array.from({ length: 12 }, (_, k) =>
      span({
        span: `s${k}`,
        service: 'payment',
        operation: 'POST /settle',
        t: ONSET + (k - 6) * 5,
        ...(k < 6 ? { error: false } : { error: false, ...during }),
      }),
    )

  it('speak for their release where they touched what fails or takes longer', () => {
    expect(said(touched, { spans: spans({ error: true }) })).toMatchObject({
      value: 0.4,
      text: 'commit c "c" touched settle, and "POST /settle" fails since then',
    })
    expect(said(touched, { spans: spans({ durationMs: 80 }) })?.text).toContain('takes much longer')
  })

  it('say nothing of operations that are as before', () => {
    expect(said(touched, { spans: spans({}) })).toBeNull()
  })
})
