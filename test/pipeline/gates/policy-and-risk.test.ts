import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluateGates } from '../../../src/pipeline/gates/evaluate-gates.ts'
import type { GateReport } from '../../../src/pipeline/contracts.ts'
import { gateCase, SETTINGS, type Case, type Tree } from './fixtures.ts'

async function reportOf(one: Case): Promise<GateReport> {
  const { patch, deps } = gateCase(one)
  const outcome = await evaluateGates(patch, deps)
  if (outcome.kind !== 'done') throw new Error('no report')
  return outcome.value
}

async function policyRules(one: Case): Promise<readonly string[]> {
  const report = await reportOf(one)
  const policy = report.results.find(({ gate }) => gate === 'policy')
  expect(policy?.status).toBe(policy?.findings.length === 0 ? 'passed' : 'failed')
  return policy?.findings.map(({ rule }) => rule) ?? []
}

const withFile = (path: string): Case => ({ base: {}, patched: { [path]: 'x\n' } })
const withRule = (allow: string): Case => ({
  base: {},
  patched: { 'a.py': 'x = 1\n' },
  settings: { policy: { ...SETTINGS.policy, rules: [{ name: 'own', allow, message: 'not like this' }] } },
})

describe('policy', () => {
  test.each([
    '.github/workflows/ci.yml',
    'services/a/Dockerfile',
    'package-lock.json',
    'web/yarn.lock',
    'keys/tls.pem',
    'db/migrations/001.sql',
    '.env',
    'app/.config/x',
    'go.sum',
    'DOCKERFILE',
    'deploy/main.tf',
  ])('forbids %s', async (path) => expect(await policyRules(withFile(path))).toEqual(['forbidden-path']))

  test.each(['app/main.py', 'src/environment.ts', 'docs/dockerfiles.md', 'package.json'])(
    'allows %s',
    async (path) => {
      expect(await policyRules(withFile(path))).toEqual([])
    },
  )

  test('forbids what the service protects', async () => {
    const one = { ...withFile('payment/fees.py'), service: { protectedPaths: ['payment/fees.py'] } }
    expect(await policyRules(one)).toEqual(['protected-path'])
  })

  test('limits files and lines', async () => {
    const many: Tree = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`a${i}.py`, 'x\n']))
    expect(await policyRules({ base: {}, patched: many })).toEqual(['too-many-files'])
    expect(await policyRules({ base: {}, patched: { 'a.py': 'x\n'.repeat(601) } })).toEqual([
      'too-many-lines',
    ])
    expect(await policyRules({ base: {}, patched: {} })).toEqual(['empty-patch'])
  })

  test.each([
    ['new file mode 120000', 'symlink'],
    ['new file mode 160000', 'submodule'],
    ['new file mode 100755', 'mode-change'],
    ['old mode 100644\nnew mode 100755', 'mode-change'],
  ])('forbids %s', async (mode, rule) => {
    const { patch, deps, checkouts } = gateCase(withFile('a.py'))
    const diff = `diff --git a/a.py b/a.py\n${mode}\n--- /dev/null\n+++ b/a.py\n@@ -0,0 +1,1 @@\n+x\n`
    const change = () => Promise.resolve({ diff, message: '' })
    const outcome = await evaluateGates(
      { ...patch, diff },
      { ...deps, checkouts: Object.assign(checkouts, { change }) },
    )
    const findings = outcome.kind === 'done' ? outcome.value.results.flatMap((result) => result.findings) : []
    expect(findings.map((finding) => finding.rule)).toContain(rule)
  })

  test('refuses a patch that shows another diff than its commit', async () => {
    const { patch, deps } = gateCase({ base: { 'a.py': 'a\n' }, patched: { 'a.py': 'b\n' } })
    const outcome = await evaluateGates({ ...patch, diff: patch.diff.replace('+b', '+c') }, deps)
    const policy =
      outcome.kind === 'done' ? outcome.value.results.find(({ gate }) => gate === 'policy') : undefined
    expect(policy).toMatchObject({ status: 'failed', findings: [{ rule: 'diff-differs' }] })
  })

  test('keeps rules of its own, over patch, service, risk and time', async () => {
    const allowed =
      'patch.files == ["a.py"] && patch.added == 1 && service.name == "payment" && risk.tier == "low" && time.weekday == 1'
    expect(await policyRules(withRule(allowed))).toEqual([])
    expect(await policyRules(withRule('patch.fileCount > 1'))).toEqual(['own'])
  })

  test.each([
    'patch.nothing == 1',
    'nobody.knows',
    '1 + 1',
    'patch.added',
    'patch.files + 1 == 2',
    'no expression at all',
  ])('fails closed and names the rule that cannot be evaluated: %s', async (allow) =>
    expect(await policyRules(withRule(allow))).toEqual(['own']),
  )

  test('has to show the fault where a model wrote the patch', async () => {
    const one = { ...withFile('a.py'), patch: { strategy: 'ai-patch' as const } }
    expect(await policyRules(one)).toEqual(['ai-patch-shows-the-fault'])
  })
})

describe('risk', () => {
  const code = (lines: number, files = 1): Tree =>
    Object.fromEntries(
      Array.from({ length: files }, (_, i) => [`app${i}.py`, 'x = 1\n'.repeat(lines / files)]),
    )

  test('is low for a small change that is likely right', async () => {
    const { risk } = await reportOf({ base: {}, patched: code(4) })
    expect(risk).toMatchObject({ tier: 'low', impact: 0.7, threshold: 0.5 })
  })

  test('fails a large change of which nothing is known', async () => {
    const report = await reportOf({ base: {}, patched: code(300, 6), confidence: 0.5 })
    expect(report.risk).toMatchObject({ tier: 'high', complexity: 2, risk: 0.7 })
    expect(report.results.find(({ gate }) => gate === 'risk')?.status).toBe('failed')
  })

  test('can fail at a confidence above one half', async () => {
    const one = {
      base: {},
      patched: code(300, 6),
      confidence: 0.7,
      service: { criticality: 'high' as const },
    }
    expect((await reportOf(one)).results.find(({ gate }) => gate === 'risk')?.status).toBe('failed')
  })

  test('counts branches, and tests less than code', async () => {
    const branching = await reportOf({ base: {}, patched: { 'a.py': 'if a and b:\n    pass\n' } })
    const plain = await reportOf({ base: {}, patched: { 'a.py': 'x = 1\ny = 2\n' } })
    const tests = await reportOf({ base: {}, patched: { 'tests/test_a.py': 'x = 1\ny = 2\n' } })
    expect(branching.risk.complexity).toBeGreaterThan(plain.risk.complexity)
    expect(plain.risk.complexity).toBeGreaterThan(tests.risk.complexity)
  })

  test('takes a confidence that is no number for none', async () => {
    expect((await reportOf({ base: {}, patched: code(4), confidence: Number.NaN })).risk.confidence).toBe(0)
  })

  test('never falls when confidence falls', async () => {
    const confidence = fc.double({ min: 0, max: 1, noNaN: true })
    const property = fc.asyncProperty(
      confidence,
      confidence,
      fc.integer({ min: 1, max: 200 }),
      async (a, b, lines) => {
        const of = async (value: number) =>
          (await reportOf({ base: {}, patched: code(lines), confidence: value })).risk.risk
        expect(await of(Math.min(a, b))).toBeGreaterThanOrEqual(await of(Math.max(a, b)))
      },
    )
    await fc.assert(property, { numRuns: 20 })
  })
})

describe('security', () => {
  const key = ['AKIA', 'Z7QW3MNB5KLP2XRT'].join('')
  const statusOf = async (one: Case) => (await reportOf(one)).results.find(({ gate }) => gate === 'security')

  test('fails for a key in an added line and in the commit message', async () => {
    const added = await statusOf({
      base: { 'a.py': 'x = 1\n' },
      patched: { 'a.py': `x = 1\nk = "${key}"\n` },
    })
    expect(added).toMatchObject({
      status: 'failed',
      findings: [{ rule: 'secret/aws-access-key-id', line: 2 }],
    })
    expect(JSON.stringify(added)).not.toContain(key)
    const said = await statusOf({ base: {}, patched: { 'a.py': 'x\n' }, message: `use ${key}` })
    expect(said).toMatchObject({ status: 'failed', findings: [{ file: 'commit message' }] })
  })

  test('passes a host that the base names elsewhere', async () => {
    const call = (host: string) => `get("https://${host}/v1")\n`
    const base = { 'config.yaml': 'api: https://api.vendor.io\n', 'a.py': 'x\n' }
    expect(await statusOf({ base, patched: { ...base, 'a.py': call('api.vendor.io') } })).toMatchObject({
      status: 'passed',
    })
    expect(await statusOf({ base, patched: { ...base, 'a.py': call('other.net') } })).toMatchObject({
      status: 'failed',
    })
  })

  test('is blocked when the scanner fails', async () => {
    const { patch, deps } = gateCase({ base: {}, patched: { 'a.py': 'x\n' } })
    const secretScanner = { name: 'broken', scan: () => Promise.reject(new Error('out of memory')) }
    const outcome = await evaluateGates(patch, { ...deps, secretScanner })
    const security =
      outcome.kind === 'done' ? outcome.value.results.find(({ gate }) => gate === 'security') : undefined
    expect(security?.status).toBe('blocked')
    expect(security?.summary).toContain('out of memory')
  })
})
