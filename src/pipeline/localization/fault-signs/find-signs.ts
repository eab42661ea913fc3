import { parseSource } from '../../signals/parse-source.ts'
import type { Fault } from '../../contracts.ts'
import type { Language } from '../../signals/stack-trace.ts'
import type { SignRule } from './fault-sign.ts'
import { GO_SIGNS } from './go.ts'
import { JAVA_SIGNS } from './java.ts'
import { JAVASCRIPT_SIGNS } from './javascript.ts'
import { PYTHON_SIGNS } from './python.ts'

const SIGNS: Readonly<Record<Language, readonly SignRule[]>> = {
  python: PYTHON_SIGNS,
  javascript: JAVASCRIPT_SIGNS,
  typescript: JAVASCRIPT_SIGNS,
  java: JAVA_SIGNS,
  go: GO_SIGNS,
}

/** A place in a file that looks like the cause of a kind of fault. Lines are one-based, both included. */
export interface FoundSign {
  readonly from: number
  readonly to: number
  /** "`urlopen(url)` has no time-out". */
  readonly text: string
  readonly strength: number
}

/** All signs of this kind of fault in a source text, in the order in which they stand. */
export function findSigns(
  fault: Fault['kind'],
  source: { readonly language: Language; readonly text: string; readonly path: string },
): readonly FoundSign[] {
  const root = parseSource(source.language, source.text, source.path).root()
  const found = SIGNS[source.language]
    .filter((rule) => rule.fault === fault)
    .flatMap((rule) =>
      rule.kinds
        .flatMap((kind) => root.findAll({ rule: { kind } }))
        .flatMap((node): FoundSign[] => {
          const sign = rule.read(node)
          if (sign === null) return []
          const { start, end } = node.range()
          const text = `\`${clipped(node.text())}\` ${sign.what}`
          return [{ from: start.line + 1, to: end.line + 1, text, strength: sign.strength }]
        }),
    )
  return found.toSorted((a, b) => a.from - b.from)
}

function clipped(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 57)}...` : line
}
