import ruff from '@astral-sh/ruff-wasm-nodejs'
import { parseSync } from 'oxc-parser'
import { describe, expect, it } from 'vitest'
import { writePatch } from '../../../src/pipeline/patching/write-patch.ts'
import type { FixCandidate, FixPlan, FixRecipe, Location, Patch } from '../../../src/pipeline/contracts.ts'
import type { PatchRepository } from '../../../src/pipeline/patching/ports.ts'
import type { ServiceDefinition } from '../../../src/pipeline/services.ts'

const BASE = 'b'.repeat(40)
const BEFORE = 'country = address["country"]\n'
const AFTER = 'country = address["country"] if address is not None else None\n'
const TEMPLATE: FixRecipe = {
  kind: 'template',
  templateId: 't',
  file: 'payment/receipt.py',
  line: 1,
  newContent: AFTER,
}

type Committed = Parameters<PatchRepository['commitFiles']>[0]

function aPlan(recipe: FixRecipe | null = TEMPLATE): FixPlan {
  const candidate: FixCandidate = {
    candidateId: 'template-1',
    strategy: recipe === null || recipe.kind === 'restore-file' ? 'config-change' : recipe.kind,
    title: 'Guard `address` against None in receipt.py:1',
    rationale: 'A value that may be None is indexed.',
    confidence: 0.8,
    confidenceBasis: 'prior, no outcomes yet',
    drawbacks: ['what uses the value must take None'],
    recipe,
    unavailable: recipe === null ? 'gone' : null,
  }
  return { incidentId: 'PD/Q1 42', candidates: [candidate], chosenId: candidate.candidateId }
}

const INPUT = {
  kind: 'http' as const,
  method: 'POST',
  path: '/charge?x=1',
  body: { customer: { name: 'é😀' }, paid: null, ok: true },
}

function aLocation(changes: Partial<Location> = {}): Location {
  return {
    incidentId: 'PD/Q1 42',
    service: 'payment',
    repository: '/repository',
    baseCommit: BASE,
    language: 'python',
    file: 'payment/receipt.py',
    line: 1,
    symbol: 'build',
    snippet: { firstLine: 1, lines: [BEFORE], markedLine: 1 },
    exception: { type: 'TypeError', message: "'NoneType' object is not subscriptable" },
    frames: [],
    blame: null,
    suspectCommit: null,
    failingInput: INPUT,
    doubts: [],
    ...changes,
  }
}

function aService(changes: Partial<ServiceDefinition> = {}): ServiceDefinition {
  return {
    name: 'payment',
    repository: '/repository',
    branch: 'main',
    language: 'python',
    dependsOn: [],
    criticality: 'high',
    pagerdutyServiceIds: [],
    codeRoots: [],
    testCommand: ['python3', '-m', 'unittest', 'discover', '-s', 'tests'],
    startCommand: ['python3', '-m', 'payment'],
    environment: { LEDGER_URL: 'http://ledger.internal', CURRENCY: 'EUR' },
    healthPath: '/healthz',
    objective: { errorRatio: 0.01, latencyP95Ms: null },
    protectedPaths: [],
    ...changes,
  }
}

interface Written {
  readonly patch: Patch
  readonly committed: Committed
  readonly test: string | null
}

async function write(
  options: {
    readonly plan?: FixPlan
    readonly location?: Location
    readonly service?: ServiceDefinition
    readonly files?: Readonly<Record<string, string>>
  } = {},
): Promise<Written> {
  const files: Readonly<Record<string, string>> = { 'payment/receipt.py': BEFORE, ...options.files }
  const commits: Committed[] = []
  const repository: PatchRepository = {
    directory: '/repository',
    readFile: async (_commit, path) => files[path] ?? null,
    commitFiles: async (change) => {
      commits.push(change)
      return 'a'.repeat(40)
    },
    revertedFiles: async () => [{ path: 'payment/receipt.py', content: '' }],
    filesTurning: async () => [],
    diff: async () => `--- a/payment/receipt.py\n+++ b/payment/receipt.py\n@@ -1 +1 @@\n-${BEFORE}+${AFTER}`,
  }
  const { location = aLocation(), service = aService() } = options
  const outcome = await writePatch(options.plan ?? aPlan(), { location, service, repository, atMs: 7 })
  const [committed] = commits
  if (outcome.kind !== 'done' || committed === undefined) throw new Error(JSON.stringify(outcome))
  const made = outcome.value.regressionTest
  const file = made.kind === 'generated' ? committed.files.find(({ path }) => path === made.path) : undefined
  return { patch: outcome.value, committed, test: file?.content ?? null }
}

describe('a patch', () => {
  it('is a commit of the new file and a replay test on a branch of its own', async () => {
    const { patch, committed } = await write()
    expect(committed).toMatchObject({ base: BASE, atMs: 7 })
    expect(committed.branch).toMatch(/^ccp\/PD-Q1-42-template-[0-9a-f]{8}$/)
    expect(committed.files.map(({ path }) => path)).toEqual([
      'payment/receipt.py',
      'tests/test_ccp_pd_q1_42.py',
    ])
    expect(patch.files).toEqual([{ path: 'payment/receipt.py', added: 1, removed: 1 }])
    expect(patch.regressionTest).toMatchObject({
      kind: 'generated',
      describes: expect.stringContaining('POST /charge'),
    })
  })

  it('says in its message what, why, where, and at what cost', async () => {
    const { message } = (await write()).committed
    expect(message.split('\n')[0]).toBe('Guard `address` against None in receipt.py:1')
    for (const part of [
      'may be None',
      'TypeError',
      'payment/receipt.py:1 in build',
      'Mind: what uses',
      'Incident: PD/Q1 42',
    ])
      expect(message).toContain(part)
  })

  it('is the same when it is written again, and another one for another base', async () => {
    expect((await write()).committed).toEqual((await write()).committed)
    const moved = await write({ location: aLocation({ baseCommit: 'e'.repeat(40) }) })
    expect(moved.committed.branch).not.toBe((await write()).committed.branch)
  })

  it('applies the diff of a model without guessing, or gives up', async () => {
    const diff = `--- a/payment/receipt.py\n+++ b/payment/receipt.py\n@@ -1,1 +1,1 @@\n-${BEFORE}+${AFTER}`
    const { committed } = await write({ plan: aPlan({ kind: 'ai-patch', diff, model: 'm-1' }) })
    expect(committed.files[0]).toEqual({ path: 'payment/receipt.py', content: AFTER })
    const stale = aPlan({ kind: 'ai-patch', diff: diff.replace('-country', '-nation'), model: 'm-1' })
    await expect(write({ plan: stale })).rejects.toThrow('does not apply to payment/receipt.py')
  })

  it('gives up on a roll-back that would change nothing and on a plan without a recipe', async () => {
    const rollBack = aPlan({ kind: 'roll-back-deploy', toCommit: BASE })
    await expect(write({ plan: rollBack })).rejects.toThrow('would change nothing')
    await expect(write({ plan: aPlan(null) })).rejects.toThrow('no fix that can be carried out')
  })
})

describe('the replay test', () => {
  it('of Python is valid, without lint, and names no upstream of production', async () => {
    const { test } = await write()
    const linter = new ruff.Workspace(
      { lint: { select: ['F', 'E', 'B', 'PLE'] }, 'line-length': 120 },
      ruff.PositionEncoding.Utf16,
    )
    expect(linter.check(test ?? '')).toEqual([])
    expect(test).toContain('UPSTREAMS = ["LEDGER_URL"]')
    expect(test).toContain('ENVIRONMENT = {"CURRENCY": "EUR"}')
    expect(test).not.toContain('ledger.internal')
    expect(test).toContain('"paid": None, "ok": True')
  })

  it.each([
    ['urllib.error.HTTPError', 'HTTP Error 503: Service Unavailable', 'FAILURES = [503]', 'answers 503 once'],
    [
      'HTTPError',
      '502 Server Error: Bad Gateway for url: http://bank',
      'FAILURES = [502]',
      'answers 502 once',
    ],
    ['AxiosError', 'Request failed with status code 500', 'FAILURES = [500]', 'answers 500 once'],
    ['ConnectionResetError', '[Errno 104] Connection reset by peer', 'FAILURES = [0]', 'breaks once'],
    ['HTTPError', 'HTTP Error 404: Not Found', 'FAILURES = []', '/charge and expects'],
    ['TypeError', "'NoneType' object is not subscriptable", 'FAILURES = []', '/charge and expects'],
  ])('of %s: %s lets the upstream fail as it did', async (type, message, stands, says) => {
    const { patch, test } = await write({ location: aLocation({ exception: { type, message } }) })
    expect(test).toContain(stands)
    expect(patch.regressionTest).toMatchObject({ describes: expect.stringContaining(says) })
  })

  it('lets nothing fail where the service calls nobody', async () => {
    const exception = { type: 'HTTPError', message: 'HTTP Error 503: Service Unavailable' }
    const { test } = await write({
      location: aLocation({ exception }),
      service: aService({ environment: { CURRENCY: 'EUR' } }),
    })
    expect(test).toContain('FAILURES = []')
  })

  it.each([
    [['node', '--test'], 'javascript', 'test/ccp-pd-q1-42.test.mjs', 'node:test'],
    [['node', '--test', 'test/*.test.ts'], 'typescript', 'test/ccp-pd-q1-42.test.ts', 'node:test'],
    [['node', '--test', 'src/**/*.spec.js'], 'javascript', 'src/ccp-pd-q1-42.spec.js', 'node:test'],
    [['npm', 'test'], 'typescript', 'test/ccp-pd-q1-42.test.ts', 'node:test'],
    [['npx', 'vitest', 'run'], 'typescript', 'test/ccp-pd-q1-42.test.ts', "from 'vitest'"],
  ] as const)('for %j in %s stands at %s and is valid', async (testCommand, language, path, framework) => {
    const files = {
      'package.json': JSON.stringify({
        scripts: { test: 'node --test --test-isolation=none "test/*.test.ts"' },
      }),
    }
    const written = await write({
      files,
      service: aService({ testCommand, language, startCommand: ['node', 'src/main.ts'] }),
    })
    expect(written.patch.regressionTest).toMatchObject({ path })
    expect(written.test).toContain(framework)
    expect(parseSync(path, written.test ?? '').errors).toEqual([])
  })

  it.each([
    [['python3', '-m', 'unittest'], 'test_ccp_pd_q1_42.py'],
    [['python3', '-m', 'unittest', 'discover', 'spec'], 'spec/test_ccp_pd_q1_42.py'],
    [['pytest', '-q'], 'tests/test_ccp_pd_q1_42.py'],
    [['python3', '-m', 'pytest', 'checks/'], 'checks/test_ccp_pd_q1_42.py'],
  ])('for %j stands at %s', async (testCommand, path) => {
    expect((await write({ service: aService({ testCommand }) })).patch.regressionTest).toMatchObject({ path })
  })

  it.each([
    ['internal/pay/pay.go', 'package pay', 'internal/pay/ccp_pd_q1_42_replay_test.go', 'package pay_test'],
    ['main.go', '// Command pay.\npackage main', 'ccp_pd_q1_42_replay_test.go', 'package main_test'],
  ])('in Go for a fault in %s (%s) stands at %s', async (file, source, path, clause) => {
    for (const testCommand of [null, ['go', 'test', './...']]) {
      const { patch, test } = await write({
        files: { [file]: source },
        location: aLocation({ file }),
        service: aService({ language: 'go', testCommand, startCommand: ['sh', 'run.sh'] }),
      })
      expect(patch.regressionTest).toMatchObject({ path })
      expect(test).toContain(`\n${clause}\n`)
      expect(test).toContain('func TestReplayPDQ142(')
    }
  })

  const POM = '<dependency><artifactId>junit</artifactId></dependency>'
  const GRADLE = "testImplementation 'org.junit.jupiter:junit-jupiter:5.10.0'"
  it.each([
    ['src/main/java/shop/Pay.java', {}, null, 'src/test/java/shop/CcpPDQ142Test.java', 'static void main('],
    ['source/shop/Pay.java', {}, null, 'test/shop/CcpPDQ142Test.java', 'static void main('],
    [
      'pay/src/main/java/shop/Pay.java',
      { 'pay/pom.xml': POM },
      ['mvn', 'test'],
      'pay/src/test/java/shop/CcpPDQ142Test.java',
      'import org.junit.Test;',
    ],
    [
      'src/main/java/shop/Pay.java',
      { 'build.gradle': GRADLE },
      ['./gradlew', 'test'],
      'src/test/java/shop/CcpPDQ142Test.java',
      'import org.junit.jupiter.api.Test;',
    ],
  ] as const)(
    'in Java for a fault in %s with %j stands at %s',
    async (file, build, testCommand, path, sign) => {
      const { patch, test } = await write({
        files: { ...build, [file]: 'package shop;\n\nclass Pay {}\n' },
        location: aLocation({ file }),
        service: aService({ language: 'java', testCommand, startCommand: ['sh', 'run.sh'] }),
      })
      expect(patch.regressionTest).toMatchObject({ path })
      expect(test).toMatch(/^package shop;\n/)
      expect(test).toContain('class CcpPDQ142Test {')
      expect(test).toContain(sign)
    },
  )

  it('in Java is left out where the build declares no framework that is known', async () => {
    const { patch } = await write({
      files: { 'pom.xml': '<artifactId>testng</artifactId>' },
      service: aService({ language: 'java', testCommand: ['mvn', 'test'] }),
    })
    expect(patch.regressionTest).toEqual({ kind: 'none', reason: 'the build declares no JUnit' })
  })

  it.each<[string, Partial<Location>, Partial<ServiceDefinition>, string]>([
    ['no request was logged', { failingInput: null }, {}, 'was not logged'],
    [
      'the request holds a secret',
      { failingInput: { ...INPUT, body: { password: 'hunter2' } } },
      {},
      'looks like a secret',
    ],
    ['the environment holds a secret', {}, { environment: { API_KEY: 'abc' } }, 'looks like a secret'],
    [
      'the request is huge',
      { failingInput: { ...INPUT, body: 'x'.repeat(60_000) } },
      {},
      'more than a test should hold',
    ],
    ['the path is no path', { failingInput: { ...INPUT, path: 'http://x/\n' } }, {}, 'no plain HTTP request'],
    ['nothing starts the service', {}, { startCommand: null }, 'no startCommand'],
    ['nothing runs tests', {}, { testCommand: null }, 'no testCommand'],
    ['the tests run otherwise', {}, { testCommand: ['make', 'check'] }, 'neither unittest nor pytest'],
    ['Go is tested otherwise', {}, { language: 'go', testCommand: ['make', 'check'] }, 'is not go test'],
    [
      'the file at fault is in no package of Go',
      { file: 'pay.go' },
      { language: 'go', testCommand: null },
      'package of pay.go is not known',
    ],
    ['Java is tested otherwise', {}, { language: 'java', testCommand: ['ant'] }, 'neither Maven nor Gradle'],
  ])('is left out, with the reason, where %s', async (_, location, service, reason) => {
    const { patch, committed } = await write({ location: aLocation(location), service: aService(service) })
    expect(patch.regressionTest).toEqual({ kind: 'none', reason: expect.stringContaining(reason) })
    expect(committed.files).toHaveLength(1)
    expect(committed.message).toContain('No regression test')
  })

  it('takes a request whose secrets are blanked already', async () => {
    const body = { token: '[redacted]', card: { cvv: '[redacted]' } }
    const { patch } = await write({ location: aLocation({ failingInput: { ...INPUT, body } }) })
    expect(patch.regressionTest.kind).toBe('generated')
  })
})
