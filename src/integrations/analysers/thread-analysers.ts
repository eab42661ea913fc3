import type { Analyser } from '../../pipeline/gates/ports.ts'
import type { AnalysisThread } from './analysis-thread.ts'
import type { WorkerJob } from './worker/protocol.ts'

const PYTHON = /\.pyi?$/
const SCRIPT = /\.[cm]?[jt]sx?$/
const TYPED = /(?<!\.d)\.[cm]?tsx?$/
const DATA = /\.(?:json|jsonc|ya?ml|env)$|(?:^|\/)\.env\.[\w.-]+$/
const SETTINGS = /\.(?:json|env)$|(?:^|\/)\.env\.[\w.-]+$/

export type TextTool = Exclude<WorkerJob['tool'], 'types'>

const TEXT_TOOLS: readonly (readonly [TextTool, Analyser['gate'], RegExp])[] = [
  ['ruff-syntax', 'syntax', PYTHON],
  ['oxc', 'syntax', SCRIPT],
  ['data-syntax', 'syntax', DATA],
  ['ruff-lint', 'lint', PYTHON],
  ['eslint', 'lint', SCRIPT],
  ['data-lint', 'lint', SETTINGS],
  ['ruff-security', 'static-analysis', PYTHON],
  ['eslint-security', 'static-analysis', SCRIPT],
]

/** The analysers that run in the analysis thread. */
export function threadAnalysers(thread: AnalysisThread): readonly Analyser[] {
  const fromText = TEXT_TOOLS.map(([tool, gate, files]): Analyser => ({
    name: tool,
    gate,
    handles: (path) => files.test(path),
    analyse: async (task) => {
      const { findings, version } = await thread.ask({ tool, files: task.files })
      return { kind: 'analysed', findings, tool: version }
    },
  }))
  const types: Analyser = {
    name: 'typescript',
    gate: 'static-analysis',
    handles: (path) => TYPED.test(path),
    analyse: async ({ checkout, files }) => {
      const { findings, version } = await thread.ask({ tool: 'types', directory: checkout.directory, files })
      return { kind: 'analysed', findings, tool: version }
    },
  }
  return [...fromText, types]
}
