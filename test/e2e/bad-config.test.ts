import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Outcome } from '../../demo/outcome.ts'
import { describeWith } from '../support/needs.ts'

describeWith(['git', 'python3', 'bubblewrap'], 'the scenario bad-config', () => {
  let folder: string
  let outcome: Outcome
  let text: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ccp-e2e-'))
    const script = new URL('../../demo/demo.ts', import.meta.url).pathname
    const args = [script, '--headless', '--scenario', 'bad-config', '--json']
    const run = await execa(process.execPath, args, { cwd: folder, reject: false })
    outcome = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as Outcome
    text = readFileSync(outcome.transcript, 'utf8')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('ends resolved with a valid audit chain', () => {
    expect(outcome).toMatchObject({ expected: 'resolved', outcome: 'resolved', audit: { valid: true } })
  })

  it('blames the change of configuration, and shows the code where it surfaced as innocent', () => {
    for (const told of [
      'change of configuration',
      'SETTLE_GBP removed (was LON-118-402)',
      'payment.env:7',
      'payment/settlement.py:10',
      'which did not change',
      'payment: francs in Zurich, pounds in Edinburgh',
    ])
      expect(text).toContain(told)
  })

  it('takes it back in the repository of the configuration, tried with the tests of both', () => {
    for (const told of [
      'in the configuration',
      '+SETTLE_GBP=LON-118-402',
      'tests of payment with it passed',
      'with the configuration in production 1 test of payment fails',
      'All 7 gates passed',
      'Verdict: pass',
    ])
      expect(text).toContain(told)
  })
})
