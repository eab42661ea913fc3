import type { Language, StackFrame } from '../signals/stack-trace.ts'

/** The name of a frame's function as the source has it, and of the class or receiver where the frame tells it. */
export interface FrameSymbol {
  readonly name: string | null
  readonly owner: string | null
}

const NOTHING: FrameSymbol = { name: null, owner: null }
/** What V8 prints before the dot for functions that are no methods. */
const NO_OWNER = new Set(['Object', 'Function', 'Module', 'exports', 'module', 'global', 'Array', 'process'])

/** `(*Server).handle.func1` -> handle of Server; `lambda$run$0` -> run; `<module>` -> nothing. */
export function frameSymbol(frame: StackFrame, language: Language): FrameSymbol {
  if (frame.symbol === null) return NOTHING
  if (language === 'java') return javaSymbol(frame.symbol, frame.module)
  if (language === 'go') return goSymbol(frame.symbol)
  return language === 'python' ? pythonSymbol(frame.symbol) : nodeSymbol(frame.symbol)
}

function pythonSymbol(symbol: string): FrameSymbol {
  const parts = symbol.split('.').filter((part) => !part.startsWith('<'))
  return { name: parts.at(-1) ?? null, owner: parts.at(-2) ?? null }
}

function nodeSymbol(symbol: string): FrameSymbol {
  const created = /^new ([\w$.#]+)$/.exec(symbol)?.[1]
  if (created !== undefined) return { name: 'constructor', owner: created.split('.').at(-1) ?? null }
  const parts = symbol
    .replace(/^(?:async|get|set|static) /, '')
    .split('.')
    .filter((part) => !/[<> ]/.test(part))
  const owner = parts.at(-2) ?? null
  return { name: parts.at(-1) ?? null, owner: owner !== null && NO_OWNER.has(owner) ? null : owner }
}

function javaSymbol(symbol: string, module: string | null): FrameSymbol {
  const owner =
    module
      ?.split('.')
      .at(-1)
      ?.split('$')
      .filter((part) => !/^\d*$/.test(part))
      .at(-1) ?? null
  if (symbol === '<init>') return { name: owner, owner }
  if (symbol.startsWith('<') || symbol.startsWith('access$')) return { name: null, owner }
  const lambda = /^lambda\$([\w]+)\$\d+$/.exec(symbol)?.[1]
  if (lambda === 'new' || lambda === 'static') return { name: null, owner }
  return { name: lambda ?? symbol, owner }
}

function goSymbol(symbol: string): FrameSymbol {
  const parts = symbol
    .replace(/\[[^\]]*\]/g, '')
    .split('.')
    .map((part) => part.replace(/^\(\*?|\)$/g, ''))
    .filter((part) => !/^(?:func)?\d+$|^gowrap\d+$|^deferwrap\d+$/.test(part))
  const name = parts.at(-1)?.replace(/-fm$/, '') ?? null
  return { name, owner: parts.at(-2) ?? null }
}
