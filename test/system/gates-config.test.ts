import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildConfigRepository, type ConfigRepository } from '../../demo/shop/build-config-repository.ts'
import { buildRepositories, type Repository } from '../../demo/shop/build-repositories.ts'
import { openTools, type GateTools } from '../../src/commands/gates.ts'
import { loadSettings } from '../../src/config/load.ts'
import { SecretlintScanner } from '../../src/integrations/analysers/secretlint-scanner.ts'
import { GitPatchRepository } from '../../src/integrations/git/patch-repository.ts'
import { GitCheckouts } from '../../src/integrations/git/worktrees.ts'
import type { GateId, GateReport } from '../../src/pipeline/contracts.ts'
import { evaluateGates } from '../../src/pipeline/gates/evaluate-gates.ts'
import { aService } from '../integrations/git/temp-repository.ts'
import { describeWith } from '../support/needs.ts'

/** What each gate stops in a repository of configuration: the shop's, with payment beside. Real tools, real sandbox. */
describeWith(['git', 'python3', 'bubblewrap'], "the gates on the shop's configuration", () => {
  const folder = mkdtempSync(join(tmpdir(), 'ccp-config-gates-'))
  const { gates: settings } = loadSettings(['gates'], {})
  let tools: GateTools
  let config: ConfigRepository
  let payment: Repository
  let repository: GitPatchRepository
  let written = 0
  beforeAll(async () => {
    tools = openTools(settings, [])
    config = await buildConfigRepository(folder, Date.now())
    payment = (await buildRepositories(join(folder, 'code'), Date.now())).payment
    repository = new GitPatchRepository(config.path)
  })
  afterAll(async () => {
    await tools.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const base = () => config.releases.deployed
  const faulty = async (): Promise<string> => (await repository.readFile(base(), 'payment.env')) ?? ''
  const mended = async (): Promise<string> => {
    const [file] = await repository.revertedFiles(base(), config.culprit)
    return file?.content ?? ''
  }

  async function judge(files: Readonly<Record<string, string>>): Promise<GateReport> {
    const branch = `ccp/try-${(written += 1)}`
    const changed = Object.entries(files).map(([path, content]) => ({ path, content }))
    const commit = await repository.commitFiles({
      base: base(),
      branch,
      files: changed,
      message: 'a try\n',
      atMs: 0,
    })
    const outcome = await evaluateGates(
      {
        incidentId: 'i',
        candidateId: 'c',
        strategy: 'config-change',
        service: 'payment',
        repository: config.path,
        baseCommit: base(),
        branch,
        commit,
        diff: await repository.diff(base(), commit),
        files: [],
        regressionTest: { kind: 'none', reason: 'a setting is no code' },
        title: 'a try',
        pair: { part: 'config', otherCommit: payment.commits.healthy },
      },
      {
        checkouts: new GitCheckouts(),
        sandbox: tools.sandbox,
        analysers: tools.analysers,
        secretScanner: new SecretlintScanner(),
        settings,
        service: aService({ repository: config.path, criticality: 'medium' }),
        code: {
          repository: payment.path,
          commit: payment.commits.healthy,
          testCommand: ['python3', '-m', 'unittest', 'discover', '-s', 'tests'],
          configPath: 'payment.env',
        },
        dependents: 2,
        confidence: 0.86,
        confidenceBasis: 'a test',
        nowMs: () => Date.now(),
      },
    )
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
    return outcome.value
  }

  const notPassed = ({ results }: GateReport): readonly string[] =>
    results
      .filter(({ status }) => status !== 'passed')
      .map(({ gate, status, summary }) => `${gate} ${status}: ${summary}`)

  test('the commit taken back passes all seven, and the tests say what they saw', async () => {
    const report = await judge({ 'payment.env': await mended() })
    expect(notPassed(report)).toEqual([])
    const summaryOf = (gate: GateId) => report.results.find((one) => one.gate === gate)?.summary
    expect(summaryOf('unit-tests')).toMatch(
      /^6 tests of the configuration and \d\d tests of payment with it passed; with the configuration in production 1 test of payment fails \(/,
    )
    expect(summaryOf('syntax')).toBe('1 changed file parsed')
    expect(report.durationMs).toBeLessThan(10_000)
  })

  const rows: readonly [string, (mended: string) => Readonly<Record<string, string>>, GateId, RegExp][] = [
    [
      'a line that no reader takes',
      (text) => ({ 'payment.env': `${text}SETTLE CHF\n` }),
      'syntax',
      /payment\.env:\d+ is no NAME=value/,
    ],
    [
      'a key that is set twice',
      (text) => ({ 'payment.env': `${text}DECLINE_FROM=60\n` }),
      'lint',
      /duplicate-key DECLINE_FROM/,
    ],
    [
      "what the configuration's own tests refuse",
      (text) => ({ 'payment.env': text.replace('=68', '=680') }),
      'unit-tests',
      /test-failed: .*threshold/,
    ],
    [
      'what the tests of the code cannot live with',
      (text) => ({ 'payment.env': text.replace(/^SETTLE_EUR=.*\n/m, '') }),
      'unit-tests',
      /test-failed: of payment/,
    ],
    [
      'a planted AWS key',
      (text) => ({ 'payment.env': `${text}# AKIA${'IOSFODNN7EXAMPLE'}\n` }),
      'security',
      /aws/i,
    ],
    [
      'a workflow of the forge',
      (text) => ({ 'payment.env': text, '.github/workflows/ci.yml': 'on: push\njobs: {}\n' }),
      'policy',
      /forbidden-path/,
    ],
  ]
  test.each(rows)('%s is stopped by its gate', async (_, change, gate, why) => {
    const report = await judge(change(await mended()))
    const result = report.results.find((one) => one.gate === gate)
    expect(`${result?.status}: ${result?.summary}`).toMatch(new RegExp(`^failed: .*${why.source}`, why.flags))
    expect(report.passed).toBe(false)
  })

  test('the faulty file with a comment more is stopped: it heals nothing that payment tests', async () => {
    const report = await judge({ 'payment.env': `${await faulty()}# said\n` })
    const tests = report.results.find(({ gate }) => gate === 'unit-tests')
    // The gate tells that the fault was there before; it is the canary that would refuse this one.
    expect(tests?.summary).toMatch(/1 failed before the patch as well/)
  })
})
