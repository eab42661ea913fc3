import type { Patch } from '../../../src/pipeline/contracts.ts'
import { loadSettings } from '../../../src/config/load.ts'
import type {
  Analyser,
  Checkout,
  Checkouts,
  GateDeps,
  RawFinding,
  Sandbox,
  SandboxRequest,
  SandboxRun,
  SourceFile,
} from '../../../src/pipeline/gates/ports.ts'
import type { GateSettings } from '../../../src/pipeline/gates/settings.ts'
import type { ServiceDefinition } from '../../../src/pipeline/services.ts'

export type Tree = Readonly<Record<string, string>>

export const SETTINGS: GateSettings = loadSettings(['gates'], {}).gates

export const SERVICE: ServiceDefinition = {
  name: 'payment',
  repository: '/repositories/payment',
  branch: 'main',
  language: 'python',
  dependsOn: [],
  criticality: 'medium',
  pagerdutyServiceIds: [],
  codeRoots: [],
  testCommand: ['python3', '-m', 'unittest'],
  startCommand: null,
  environment: {},
  healthPath: '/healthz',
  objective: { errorRatio: 0.01, latencyP95Ms: null },
  protectedPaths: [],
}

/** A diff that replaces whole files, as git would tell it. */
export function diffOf(base: Tree, patched: Tree): string {
  const paths = [...new Set([...Object.keys(base), ...Object.keys(patched)])].sort()
  return paths
    .filter((path) => base[path] !== patched[path])
    .map((path) => {
      const [before, after] = [linesOf(base[path]), linesOf(patched[path])]
      const mode =
        base[path] === undefined
          ? 'new file mode 100644\n'
          : patched[path] === undefined
            ? 'deleted file mode 100644\n'
            : ''
      const body = [...before.map((line) => `-${line}`), ...after.map((line) => `+${line}`)].join('\n')
      const hunk = `@@ -${before.length === 0 ? 0 : 1},${before.length} +${after.length === 0 ? 0 : 1},${after.length} @@\n${body}\n`
      return `diff --git a/${path} b/${path}\n${mode}--- a/${path}\n+++ b/${path}\n${hunk}`
    })
    .join('')
}

function linesOf(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

export function patchOf(diff: string, over: Partial<Patch> = {}): Patch {
  return {
    incidentId: 'incident-1',
    candidateId: 'candidate-1',
    strategy: 'template',
    service: 'payment',
    repository: '/repositories/payment',
    baseCommit: 'base',
    branch: 'ccp/incident-1',
    commit: 'patched',
    diff,
    files: [],
    regressionTest: { kind: 'none', reason: 'not asked for' },
    title: 'Guard the address',
    ...over,
  }
}

export class FakeCheckouts implements Checkouts {
  readonly trees: Readonly<Record<string, Tree>>
  readonly diff: string
  readonly message: string
  open = 0

  constructor(trees: Readonly<Record<string, Tree>>, diff: string, message = 'Guard the address') {
    this.trees = trees
    this.diff = diff
    this.message = message
  }

  checkout(_repository: string, commit: string, extra: readonly SourceFile[] = []): Promise<Checkout> {
    const tree = { ...this.trees[commit], ...Object.fromEntries(extra.map(({ path, text }) => [path, text])) }
    this.open += 1
    return Promise.resolve({
      directory: `${commit}${extra.map(({ path, text }) => (path.startsWith('.ccp-config/') ? `+${text}` : '+test')).join('')}`,
      files: Object.keys(tree),
      readFile: (path: string) => Promise.resolve(tree[path] ?? null),
      remove: () => {
        this.open -= 1
        return Promise.resolve()
      },
    })
  }

  change(): Promise<{ diff: string; message: string }> {
    return Promise.resolve({ diff: this.diff, message: this.message })
  }
}

/** Answers each run by the tree it is made on, with one answer after the other. */
export class FakeSandbox implements Sandbox {
  readonly runs: string[] = []
  readonly environments: SandboxRequest['environment'][] = []
  readonly #answers: Map<string, SandboxRun[]>

  constructor(answers: Readonly<Record<string, SandboxRun | readonly SandboxRun[]>>) {
    this.#answers = new Map(Object.entries(answers).map(([tree, runs]) => [tree, [runs].flat()]))
  }

  run({ directory, environment }: Pick<SandboxRequest, 'directory' | 'environment'>): Promise<SandboxRun> {
    this.runs.push(directory)
    this.environments.push(environment)
    const left = this.#answers.get(directory) ?? []
    const answer = left.length > 1 ? left.shift() : left[0]
    return answer === undefined
      ? Promise.reject(new Error(`no answer for ${directory}`))
      : Promise.resolve(answer)
  }

  describe(): Promise<string> {
    return Promise.resolve('a sandbox of the tests')
  }
}

export function exited(exitCode: number, stderr: string): SandboxRun {
  return { kind: 'exited', exitCode, stdout: '', stderr, durationMs: 1 }
}

/** What `python3 -m unittest -v` prints for tests that pass, fail or are skipped. */
export function unittestRun(results: Readonly<Record<string, 'ok' | 'FAIL' | 'skipped'>>): SandboxRun {
  const bar = '='.repeat(70)
  const entries = Object.entries(results)
  const line = ([name, result]: [string, string]) =>
    `${name} (tests.test_a.A.${name}) ... ${result === 'skipped' ? "skipped 'why'" : result}`
  const failing = entries.filter(([, result]) => result === 'FAIL')
  const blocks = failing.map(
    ([name]) => `${bar}\nFAIL: ${name} (tests.test_a.A.${name})\n${'-'.repeat(70)}\nAssertionError: wrong\n`,
  )
  const skipped = entries.filter(([, result]) => result === 'skipped').length
  const end =
    failing.length > 0
      ? `FAILED (failures=${failing.length})`
      : skipped > 0
        ? `OK (skipped=${skipped})`
        : 'OK'
  const text = `${entries.map(line).join('\n')}\n\n${blocks.join('\n')}\n${'-'.repeat(70)}\nRan ${entries.length} tests in 0.01s\n\n${end}\n`
  return exited(failing.length > 0 ? 1 : 0, text)
}

export const PASSING: SandboxRun = unittestRun({ test_a: 'ok', test_b: 'ok' })

/** An analyser that finds a rule on every line that holds a mark. */
export function markAnalyser(
  gate: Analyser['gate'],
  mark: string,
  severity: RawFinding['severity'] = 'error',
): Analyser {
  return {
    name: `${gate}-marks`,
    gate,
    handles: (path) => path.endsWith('.py'),
    analyse: ({ files }) =>
      Promise.resolve({
        kind: 'analysed',
        tool: 'marks 1',
        findings: files.flatMap(({ path, text }) =>
          text
            .split('\n')
            .flatMap((line, at) =>
              line.includes(mark)
                ? [{ file: path, line: at + 1, rule: mark, message: `has ${mark}`, severity }]
                : [],
            ),
        ),
      }),
  }
}

export interface Case {
  readonly base: Tree
  readonly patched: Tree
  readonly sandbox?: Sandbox
  readonly analysers?: readonly Analyser[]
  readonly settings?: Partial<GateSettings>
  readonly service?: Partial<ServiceDefinition>
  readonly patch?: Partial<Patch>
  readonly message?: string
  readonly confidence?: number
  readonly code?: GateDeps['code']
  /** Further trees, by commit. */
  readonly trees?: Readonly<Record<string, Tree>>
}

/** A patch and everything that its gates need. */
export function gateCase(one: Case): { patch: Patch; deps: GateDeps; checkouts: FakeCheckouts } {
  const diff = diffOf(one.base, one.patched)
  const checkouts = new FakeCheckouts(
    { ...one.trees, base: one.base, patched: one.patched },
    diff,
    one.message,
  )
  const deps: GateDeps = {
    checkouts,
    sandbox: one.sandbox ?? new FakeSandbox({ base: PASSING, patched: PASSING }),
    analysers: one.analysers ?? [],
    secretScanner: { name: 'no scanner', scan: () => Promise.resolve([]) },
    settings: { ...SETTINGS, ...one.settings },
    service: { ...SERVICE, ...one.service },
    code: one.code,
    dependents: 0,
    confidence: one.confidence ?? 0.9,
    confidenceBasis: 'a test',
    nowMs: () => Date.UTC(2026, 0, 5, 12),
  }
  return { patch: patchOf(diff, one.patch), deps, checkouts }
}
