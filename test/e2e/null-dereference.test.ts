import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Outcome } from '../../demo/outcome.ts'
import { describeWith } from '../support/needs.ts'

describeWith(
  ['git', 'python3', 'bubblewrap'],
  'the scenario null-dereference, by the command of the README',
  () => {
    let folder: string
    let outcome: Outcome
    let exitCode: number | undefined

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'ccp-e2e-'))
      const script = new URL('../../demo/demo.ts', import.meta.url).pathname
      const args = [script, '--headless', '--scenario', 'null-dereference', '--json']
      const run = await execa(process.execPath, args, { cwd: folder, reject: false })
      exitCode = run.exitCode
      outcome = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as Outcome
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    it('ends resolved, with every stage run and a valid audit chain', () => {
      expect(outcome).toMatchObject({
        scenario: 'null-dereference',
        expected: 'resolved',
        outcome: 'resolved',
      })
      expect(exitCode).toBe(0)
      expect(outcome.audit.valid).toBe(true)
      const stages = [
        'detection',
        'rca',
        'localization',
        'planning',
        'patching',
        'gates',
        'deployment',
        'verification',
      ]
      expect(Object.keys(outcome.stages)).toEqual(expect.arrayContaining(stages))
    })

    it('shows cause, line, diff, gates and verdict in the thread, resolves the page and mails the approvers', () => {
      const text = readFileSync(outcome.transcript, 'utf8')
      for (const told of [
        'payment/receipt.py:13',
        'country = address["country"] if address is not None else None',
        "receipt: show the tax of the buyer's country",
        'All 7 gates passed',
        'Verdict: pass',
        'resolved',
        '[CCP] Approval needed',
      ]) {
        expect(text).toContain(told)
      }
    })
  },
)
