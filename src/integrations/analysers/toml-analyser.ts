import type {
  Analyser,
  Analysis,
  AnalysisTask,
  RawFinding,
  Sandbox,
  SandboxLimits,
} from '../../pipeline/gates/ports.ts'
import { gaveUp } from './sandboxed-tool.ts'

const MARK = 'CCP-TOML '
const PROGRAM = `import json, sys, tomllib
for path in sys.argv[1:]:
    try:
        tomllib.load(open(path, 'rb'))
    except Exception as problem:
        print('${MARK}' + json.dumps([path, str(problem)]))`

/** Parses TOML with Python's own reader (3.11 and later). */
export function tomlAnalyser(sandbox: Sandbox, limits: SandboxLimits): Analyser {
  return {
    name: 'tomllib',
    gate: 'syntax',
    handles: (path) => path.endsWith('.toml'),
    analyse: (task) => parse(task, sandbox, limits),
  }
}

async function parse(
  { checkout, files }: AnalysisTask,
  sandbox: Sandbox,
  limits: SandboxLimits,
): Promise<Analysis> {
  const command = ['python3', '-I', '-c', PROGRAM, ...files.map(({ path }) => path)]
  const run = await sandbox.run({
    directory: checkout.directory,
    workingDirectory: '',
    command,
    environment: {},
    limits,
  })
  if (run.kind !== 'exited' || run.exitCode !== 0)
    return gaveUp(run, 'install Python 3.11 or later where the bot runs')
  const findings = run.stdout
    .split('\n')
    .filter((line) => line.startsWith(MARK))
    .map((line): RawFinding => {
      const [file = '', message = ''] = JSON.parse(line.slice(MARK.length)) as [string, string]
      const at = /line (\d+)/.exec(message)?.[1]
      return {
        file,
        line: at === undefined ? null : Number(at),
        rule: 'syntax-error',
        message,
        severity: 'error',
      }
    })
  return { kind: 'analysed', findings, tool: 'tomllib' }
}
