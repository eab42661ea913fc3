import type {
  Analyser,
  Analysis,
  AnalysisTask,
  Checkout,
  RawFinding,
  Sandbox,
  SandboxLimits,
} from '../../pipeline/gates/ports.ts'
import { gaveUp, type ToolRun } from './sandboxed-tool.ts'

const JAVA = /\.java$/
const DIAGNOSTIC = /^(.+?\.java):(\d+): (error|warning): (?:\[([\w-]+)\] )?(.*)$/
const MEND = 'install a JDK (javac) where the bot runs'
/** A run that is over in a second never earns back what the optimising compiler and a concurrent collector cost. */
const SHORT_RUN = [
  '-J-XX:+IgnoreUnrecognizedVMOptions',
  '-J-XX:TieredStopAtLevel=1',
  '-J-XX:+UseSerialGC',
  '-J-XX:-UsePerfData',
]
/** Warnings about the build or about taste. */
const LINTS = '-Xlint:all,-serial,-processing,-path,-options,-classfile,-try'
/** What cannot be told where libraries are not at hand. */
const UNKNOWABLE =
  /^(?:package \S+ does not exist|cannot access |cannot find symbol|static import only from|method does not override|incompatible types: \S+ cannot be converted to Throwable)/

/** javac without annotation processors, which would run code: its parser, its errors, its warnings. */
export function javaAnalysers(sandbox: Sandbox, limits: SandboxLimits): readonly Analyser[] {
  const compiled = new WeakMap<Checkout, Promise<ToolRun>>()
  const compileOnce = (task: AnalysisTask): Promise<ToolRun> => {
    const known = compiled.get(task.checkout) ?? compile(task, sandbox, limits)
    compiled.set(task.checkout, known)
    return known
  }
  const handles = (path: string) => JAVA.test(path)
  return [
    {
      name: 'javac',
      gate: 'syntax',
      handles,
      analyse: async (task) => {
        const run = await compileOnce(task)
        return wasParsed(run) ? told(run, task, 'nothing') : parse(task, sandbox, limits)
      },
    },
    {
      name: 'javac -Xlint',
      gate: 'lint',
      handles,
      analyse: async (task) => told(await compileOnce(task), task, 'warning'),
    },
    {
      name: 'javac',
      gate: 'static-analysis',
      handles,
      analyse: async (task) => told(await compileOnce(task), task, 'error'),
    },
  ]
}

/** What compiled without an error was parsed; only an error leaves open of which kind it is. */
function wasParsed(run: ToolRun): boolean {
  return run.kind === 'ran' && run.outputs.every(({ text }) => !text.split('\n').some(isError))
}

function isError(line: string): boolean {
  return DIAGNOSTIC.exec(line)?.[3] === 'error' || /^error: /.test(line)
}

async function parse(task: AnalysisTask, sandbox: Sandbox, limits: SandboxLimits): Promise<Analysis> {
  const stop = ['--should-stop=ifNoError=PARSE', '--should-stop=ifError=PARSE']
  const run = await javac(task, sandbox, limits, stop)
  return run.kind === 'failed' ? run.analysis : found(run, task, () => true, 'syntax-error')
}

function compile(task: AnalysisTask, sandbox: Sandbox, limits: SandboxLimits): Promise<ToolRun> {
  const roots = sourceRoots(task)
  return javac(task, sandbox, limits, [
    LINTS,
    '-implicit:none',
    '-sourcepath',
    roots.join(':') || '.',
    '--should-stop=ifError=FLOW',
  ])
}

async function javac(
  task: AnalysisTask,
  sandbox: Sandbox,
  limits: SandboxLimits,
  options: readonly string[],
): Promise<ToolRun> {
  const paths = task.files.map(({ path }) => `./${path}`)
  const command = [
    'javac',
    ...SHORT_RUN,
    '-proc:none',
    '-encoding',
    'UTF-8',
    '-Xmaxerrs',
    '1000',
    '-Xmaxwarns',
    '1000',
    ...options,
    ...paths,
  ]
  const withJars = [
    'sh',
    '-c',
    'mkdir -p "$TMPDIR/classes"; CLASSPATH=$(find . -name "*.jar" | tr "\\n" ":"). exec "$@" -d "$TMPDIR/classes"',
    'sh',
    ...command,
  ]
  const run = await sandbox.run({
    directory: task.checkout.directory,
    workingDirectory: '',
    command: withJars,
    environment: { LC_ALL: 'C.UTF-8', JAVA_TOOL_OPTIONS: '' },
    limits,
  })
  const isReadable =
    run.kind === 'exited' &&
    (run.exitCode === 0 || (run.exitCode === 1 && DIAGNOSTIC.test(firstDiagnostic(run.stderr))))
  if (!isReadable) return { kind: 'failed', analysis: gaveUp(run, MEND) }
  return { kind: 'ran', outputs: [{ home: '', text: run.stderr }] }
}

function firstDiagnostic(text: string): string {
  return text.split('\n').find((line) => DIAGNOSTIC.test(line)) ?? ''
}

/** Directories from which packages are counted: by the package of each changed file, and by convention. */
function sourceRoots({ checkout, files }: AnalysisTask): readonly string[] {
  const roots = new Set<string>()
  for (const { path, text } of files) {
    const owner = /^\s*package\s+([\w.]+)\s*;/m.exec(text)?.[1]?.replaceAll('.', '/') ?? ''
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')))
    if (folder.endsWith(owner))
      roots.add(folder.slice(0, folder.length - owner.length).replace(/\/$/, '') || '.')
  }
  for (const path of checkout.files) {
    const conventional = /^(.*?src\/(?:main|test)\/java)\//.exec(path)?.[1]
    if (conventional !== undefined) roots.add(conventional)
  }
  return [...roots]
}

function told(run: ToolRun, task: AnalysisTask, severity: 'error' | 'warning' | 'nothing'): Analysis {
  if (run.kind === 'failed') return run.analysis
  return found(
    run,
    task,
    (kind, message) => kind === severity && !(kind === 'error' && UNKNOWABLE.test(message)),
    'javac',
  )
}

function found(
  run: ToolRun & { kind: 'ran' },
  task: AnalysisTask,
  counts: (kind: string, message: string) => boolean,
  rule: string,
): Analysis {
  const changed = new Set(task.files.map(({ path }) => path))
  const findings = run.outputs
    .flatMap(({ text }) => text.split('\n'))
    .flatMap((text): readonly RawFinding[] => {
      const [, file = '', line, kind = '', lint, message = ''] = DIAGNOSTIC.exec(text) ?? []
      const path = file.replace(/^\.\//, '')
      if (!changed.has(path) || !counts(kind, message)) return []
      return [
        {
          file: path,
          line: Number(line),
          rule: lint ?? rule,
          message,
          severity: kind === 'error' ? 'error' : 'warning',
        },
      ]
    })
  return { kind: 'analysed', findings, tool: 'javac' }
}
