import type {
  Analyser,
  Analysis,
  AnalysisTask,
  Checkout,
  RawFinding,
  Sandbox,
  SandboxLimits,
  SandboxRun,
} from '../../pipeline/gates/ports.ts'
import { gaveUp, type ToolRun } from './sandboxed-tool.ts'

const GO = /\.go$/
const POSITION = /^(?:vet: )?(?:\.\/)?([^\s:]+\.go):(\d+)(?::\d+)?: (.*)$/
const MEND = 'install Go where the bot runs'

/** gofmt for syntax and form, `go vet` for faults; a file that does not compile is found by vet as well. */
export function goAnalysers(sandbox: Sandbox, limits: SandboxLimits): readonly Analyser[] {
  const vets = new WeakMap<Checkout, Promise<ToolRun>>()
  const vetOnce = (task: AnalysisTask): Promise<ToolRun> => {
    const known = vets.get(task.checkout) ?? vet(task, sandbox, limits)
    vets.set(task.checkout, known)
    return known
  }
  const formats = new WeakMap<Checkout, Promise<SandboxRun>>()
  const formatOnce = (task: AnalysisTask): Promise<SandboxRun> => {
    const known = formats.get(task.checkout) ?? format(task, sandbox, limits)
    formats.set(task.checkout, known)
    return known
  }
  const handles = (path: string) => GO.test(path)
  return [
    {
      name: 'gofmt',
      gate: 'syntax',
      handles,
      analyse: async (task) => formatted(await formatOnce(task), 'syntax'),
    },
    {
      name: 'gofmt',
      gate: 'lint',
      handles,
      analyse: async (task) => formatted(await formatOnce(task), 'form'),
    },
    {
      name: 'go vet',
      gate: 'lint',
      handles,
      analyse: async (task) => vetFindings(await vetOnce(task), task),
    },
    {
      name: 'go vet',
      gate: 'static-analysis',
      handles,
      analyse: async (task) => vetFindings(await vetOnce(task), task),
    },
  ]
}

/** Syntax and form are told by one run; both gates ask for the same files. */
function format(task: AnalysisTask, sandbox: Sandbox, limits: SandboxLimits): Promise<SandboxRun> {
  const paths = task.files.map(({ path }) => `./${path}`)
  return sandbox.run({
    directory: task.checkout.directory,
    workingDirectory: '',
    command: ['gofmt', '-e', '-l', ...paths],
    environment: {},
    limits,
  })
}

function formatted(run: SandboxRun, what: 'syntax' | 'form'): Analysis {
  if (run.kind !== 'exited' || run.exitCode > 2) return gaveUp(run, MEND)
  const errors = run.stderr.split('\n').flatMap((line) => findingAt(line, '', 'syntax-error'))
  if (run.exitCode !== 0 && errors.length === 0) return gaveUp(run, MEND)
  const unformed = run.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): RawFinding => ({
      file: line.replace(/^\.\//, ''),
      line: null,
      rule: 'gofmt',
      message: 'is not formatted as gofmt does it: run gofmt -w on it',
      severity: 'warning',
    }))
  return { kind: 'analysed', findings: what === 'syntax' ? errors : unformed, tool: 'gofmt' }
}

/** Each module is vetted in its own directory, the packages of the changed files only. */
async function vet(task: AnalysisTask, sandbox: Sandbox, limits: SandboxLimits): Promise<ToolRun> {
  const modules = new Map<string, Set<string>>()
  for (const { path } of task.files) {
    const home = moduleOf(path, task.checkout.files)
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')))
    modules.set(
      home,
      (modules.get(home) ?? new Set()).add(`./${folder.slice(home === '' ? 0 : home.length + 1)}`),
    )
  }
  const outputs: { home: string; text: string }[] = []
  for (const [home, packages] of modules) {
    const command = ['go', 'vet', ...packages]
    const run = await sandbox.run({
      directory: task.checkout.directory,
      workingDirectory: home,
      command,
      environment: {},
      limits,
    })
    if (run.kind !== 'exited' || run.exitCode === 127) return { kind: 'failed', analysis: gaveUp(run, MEND) }
    if (run.exitCode !== 0 && !run.stderr.split('\n').some((line) => POSITION.test(line.trim())))
      return {
        kind: 'failed',
        analysis: gaveUp(
          run,
          'make the modules that it needs available offline (`go mod download` or a vendor directory)',
        ),
      }
    outputs.push({ home, text: run.stderr })
  }
  return { kind: 'ran', outputs }
}

function moduleOf(path: string, files: readonly string[]): string {
  const all = new Set(files)
  for (let at = path; at.includes('/');) {
    at = at.slice(0, at.lastIndexOf('/'))
    if (all.has(`${at}/go.mod`)) return at
  }
  return ''
}

function vetFindings(run: ToolRun, task: AnalysisTask): Analysis {
  if (run.kind === 'failed') return run.analysis
  const changed = new Set(task.files.map(({ path }) => path))
  const findings = run.outputs.flatMap(({ home, text }) =>
    text.split('\n').flatMap((line) => findingAt(line.trim(), home, 'vet')),
  )
  const own = findings.filter(({ file }) => changed.has(file ?? ''))
  return { kind: 'analysed', findings: own, tool: 'go vet' }
}

function findingAt(text: string, home: string, rule: string): readonly RawFinding[] {
  const [, file, line, message = ''] = POSITION.exec(text) ?? []
  if (file === undefined) return []
  return [
    { file: home === '' ? file : `${home}/${file}`, line: Number(line), rule, message, severity: 'error' },
  ]
}
