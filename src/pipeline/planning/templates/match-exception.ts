import type { ExceptionPattern, FixTemplate } from './fix-template.ts'

export type Captures = Readonly<Record<string, string>>

export interface ExceptionMatch {
  readonly captures: Captures
  /** Prior of the template on this exception. */
  readonly confidence: number
  /** The number of fixed characters that agree: the most telling pattern wins. */
  readonly specificity: number
}

const PLACEHOLDER = /\{([A-Z_]{1,40})\}/

/** The most telling of the template's patterns that fits this exception; null where none does. */
export function matchException(
  template: FixTemplate,
  exception: { readonly type: string; readonly message: string },
): ExceptionMatch | null {
  const matches = template.exceptions.flatMap((pattern) => matchPattern(pattern, template, exception))
  return matches.toSorted((a, b) => b.specificity - a.specificity)[0] ?? null
}

function matchPattern(
  pattern: ExceptionPattern,
  template: FixTemplate,
  exception: { readonly type: string; readonly message: string },
): readonly ExceptionMatch[] {
  const name = exception.type.split(/[.$]/).at(-1) ?? ''
  if (pattern.types.length > 0 && !pattern.types.includes(name)) return []
  const captures = pattern.message === null ? {} : captureMessage(pattern.message, exception.message)
  if (captures === null) return []
  const specificity = (pattern.message ?? '').split(PLACEHOLDER).join('').length
  return [{ captures, specificity, confidence: pattern.confidence ?? template.confidence }]
}

/**
 * What the placeholders of `pattern` stand for in `message`, or null where it does not occur in it. Each takes the
 * shortest run, one at the end takes the rest, so that the cost is the message's length times the number of parts.
 */
export function captureMessage(pattern: string, message: string): Captures | null {
  const parts = pattern.split(PLACEHOLDER)
  const captures: Record<string, string> = {}
  let at = message.indexOf(parts[0] ?? '')
  if (at === -1) return null
  at += parts[0]?.length ?? 0
  for (let i = 1; i < parts.length; i += 2) {
    const [name = '', literal = ''] = [parts[i], parts[i + 1]]
    const isLast = i + 2 >= parts.length
    const end = literal === '' && isLast ? message.length : message.indexOf(literal, at)
    if (end === -1) return null
    captures[name] = message.slice(at, end)
    at = end + literal.length
  }
  return captures
}
