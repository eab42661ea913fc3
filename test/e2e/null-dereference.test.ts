import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
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

    it('replays as it went, and leaves the journal as it was', async () => {
      const run = dirname(outcome.transcript)
      const incidentId = readdirSync(join(run, 'data', 'recordings'))[0]?.replace('.json.gz', '') ?? ''
      const main = new URL('../../src/main.ts', import.meta.url).pathname
      const args = [`--env-file=${join(run, 'replay.env')}`, main, 'replay', incidentId, '--gates']
      const journal = readFileSync(join(run, 'journal.sqlite'))
      const replayed = await execa(process.execPath, args, { cwd: folder, reject: false })
      expect(replayed.stderr).toBe('')
      const lines = replayed.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { readonly stage: string; readonly differs: readonly string[] })
      expect(lines.map(({ stage, differs }) => [stage, differs])).toEqual(
        ['diagnose', 'localize', 'plan', 'patch', 'gates', 'verify'].map((stage) => [stage, []]),
      )
      expect(replayed.exitCode).toBe(0)
      expect(readFileSync(join(run, 'journal.sqlite'))).toEqual(journal)
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
