import { goNames, goTogether } from './compiled-plans.ts'
import type { Runner } from './tally.ts'
import type { SourceFile } from '../ports.ts'
import { baseName, CHECKOUT, parentOf, type TestPlan } from './test-plan.ts'

/** The command of services.yaml, run in the root of the checkout, asked to name each test where its runner can. */
export function configuredPlan(command: readonly string[]): TestPlan {
  const runner = runnerOf(command)
  return {
    runner,
    directory: '',
    command: withNames(command, runner),
    environment: runner === 'unittest' || runner === 'pytest' ? { PYTHONPATH: CHECKOUT } : {},
    only: (file) => only(command, runner, file),
    ...(runner === 'go-test'
      ? { together: (file: SourceFile) => goTogether(withNames(command, runner), file) }
      : {}),
    otherwise: null,
  }
}

function runnerOf(command: readonly string[]): Runner {
  const words = command.map(baseName)
  if (words.includes('unittest')) return 'unittest'
  if (words.some((word) => /^(?:pytest|py\.test)$/.test(word))) return 'pytest'
  if (words[0]?.startsWith('node') && command.includes('--test')) return 'node-test'
  if (words[0] === 'go' && command[1] === 'test') return 'go-test'
  return 'text'
}

function withNames(command: readonly string[], runner: Runner): readonly string[] {
  switch (runner) {
    case 'unittest':
      return command.includes('-v') || command.includes('--verbose') ? command : [...command, '-v']
    case 'pytest':
      return [...command, '-rA', '--color=no', '-p', 'no:cacheprovider']
    case 'node-test':
      if (command.some((word) => word.startsWith('--test-reporter'))) return command
      return command.flatMap((word) => (word === '--test' ? ['--test', '--test-reporter=tap'] : [word]))
    case 'go-test':
      return command.includes('-json') ? command : ['go', 'test', '-json', ...command.slice(2)]
    default:
      return command
  }
}

function only(command: readonly string[], runner: Runner, file: SourceFile): readonly string[] | null {
  switch (runner) {
    case 'unittest':
      return unittestOnly(command, file.path)
    case 'pytest': {
      const tool = command.findIndex((word) => /(?:^|\/)(?:pytest|py\.test)$/.test(word))
      return withNames([...command.slice(0, tool + 1), file.path], runner)
    }
    case 'node-test': {
      const options = command.slice(1).filter((word) => word.startsWith('-'))
      return withNames([command[0] ?? 'node', ...options, file.path], runner)
    }
    case 'go-test':
      return ['go', 'test', '-json', '-count=1', '-run', goNames(file.text), `./${parentOf(file.path)}`]
    default:
      return null
  }
}

/** Discovery by the file's name keeps the top-level directory of the whole run, and with it what the tests can import. */
function unittestOnly(command: readonly string[], path: string): readonly string[] {
  const at = command.indexOf('discover')
  const head = command.slice(0, command.indexOf('unittest') + 1)
  if (at === -1) return [...head, 'discover', '-v', '-s', parentOf(path) || '.', '-p', baseName(path)]
  const kept: string[] = []
  for (let word = 0; word < command.length; word += 1) {
    if (command[word] === '-p' || command[word] === '--pattern') word += 1
    else kept.push(command[word] ?? '')
  }
  return withNames([...kept, '-p', baseName(path)], 'unittest')
}
