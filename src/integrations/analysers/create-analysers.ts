import { tmpdir } from 'node:os'
import type { Analyser, Sandbox } from '../../pipeline/gates/ports.ts'
import type { GateSettings } from '../../pipeline/gates/settings.ts'
import type { Language } from '../../pipeline/signals/stack-trace.ts'
import { AnalysisThread } from './analysis-thread.ts'
import { goAnalysers } from './go-analysers.ts'
import { javaAnalysers } from './java-analysers.ts'
import { PyrightAnalyser } from './pyright.ts'
import { threadAnalysers, type TextTool } from './thread-analysers.ts'
import { warmCompiler } from './warm-compilers.ts'
import { tomlAnalyser } from './toml-analyser.ts'

export interface AnalyserOptions {
  /** Where the tools that are programs run. */
  readonly sandbox: Sandbox
  readonly settings: Pick<GateSettings, 'limits' | 'analysisTimeoutMs'>
}

export interface Analysers {
  readonly analysers: readonly Analyser[]
  /** Loads what the first patch in this language would wait for. */
  warmUp(language: Language): Promise<void>
  close(): Promise<void>
}

const RUFF = ['ruff-syntax', 'ruff-lint', 'ruff-security'] as const
const SCRIPT = ['oxc', 'eslint', 'eslint-security'] as const

/** All analysers, sharing one thread and one language server that stay warm until `close`. */
export function createAnalysers({ sandbox, settings }: AnalyserOptions): Analysers {
  const { limits, analysisTimeoutMs: timeoutMs } = settings
  const thread = new AnalysisThread(timeoutMs)
  const pyright = new PyrightAnalyser(timeoutMs)
  const analysers = [
    ...threadAnalysers(thread),
    pyright,
    ...goAnalysers(sandbox, limits),
    ...javaAnalysers(sandbox, limits),
    tomlAnalyser(sandbox, limits),
  ]
  return {
    analysers,
    async warmUp(language) {
      const file = (path: string) => [{ path, text: '' }]
      const ask = (tool: TextTool, path: string) => thread.ask({ tool, files: file(path) })
      switch (language) {
        case 'python':
          await Promise.all([pyright.warmUp(), ...RUFF.map((tool) => ask(tool, 'warm.py'))])
          return
        case 'typescript':
          await thread.ask({ tool: 'types', directory: tmpdir(), files: [] })
          await Promise.all(SCRIPT.map((tool) => ask(tool, 'warm.ts')))
          return
        case 'javascript':
          await Promise.all(SCRIPT.map((tool) => ask(tool, 'warm.js')))
          return
        case 'go':
        case 'java':
          await warmCompiler(language, sandbox, limits)
          return
      }
    },
    async close() {
      await Promise.all([thread.dispose(), pyright.dispose()])
    },
  }
}
