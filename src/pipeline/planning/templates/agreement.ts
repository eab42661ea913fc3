import type { SgNode } from '@ast-grep/napi'
import { laterFailure } from './later-uses.ts'
import { mayBeAbsent, wasUsedBefore } from './null-hints.ts'
import type { FaultSite, FixTemplate } from './fix-template.ts'
import type { Captures } from './match-exception.ts'
import type { Scope } from './scope.ts'

export interface Agreement {
  /** Multiplies the template's confidence. */
  readonly factor: number
  readonly notes: readonly string[]
}

interface Place {
  readonly site: FaultSite
  readonly template: FixTemplate
  readonly match: SgNode
  readonly scope: Scope
  readonly captures: Captures
}

/** Chosen, not measured: how much each sign moves the confidence in a match. */
const FACTORS = {
  unknownKey: 0.7,
  otherColumn: 0.3,
  hint: 1.15,
  laterUse: 0.5,
  argument: 0.9,
  wasThere: 0.3,
  bareName: 0.97,
} as const

/** How well a match agrees with the exception and with what follows; null where the exception contradicts it. */
export function agreement(place: Place): Agreement | null {
  const { site, template, match, scope, captures } = place
  let factor = 1
  const notes: string[] = []
  for (const [name, value] of Object.entries(captures)) {
    const compared = compare(match.getMatch(name), value)
    if (compared === 'differs') return null
    if (compared === 'unknown') factor *= FACTORS.unknownKey
  }
  if (isAtOtherColumn(match, site)) factor *= FACTORS.otherColumn
  if (template.category !== 'null-check') return { factor, notes }
  const object = match.getMatch('OBJ')
  if (mayBeAbsent(object, site)) factor *= FACTORS.hint
  // The parts of a value are missing more often than the value itself.
  else if (object?.isNamedLeaf() === true) factor *= FACTORS.bareName
  if (wasUsedBefore(match, site.language)) factor *= FACTORS.wasThere
  const later = laterFailure(scope, site.language)
  if (later !== null) {
    factor *= FACTORS.laterUse
    notes.push(later)
  }
  if (scope.position === 'argument') {
    factor *= FACTORS.argument
    notes.push('the called function now gets the empty value')
  }
  if (scope.node.parent()?.kind() === 'return_statement') notes.push('callers may now get the empty value')
  return { factor, notes }
}

/** A literal is compared by its value, a member's name by its letters; of any other expression nothing is known. */
function compare(node: SgNode | null, value: string): 'same' | 'differs' | 'unknown' {
  if (node === null) return 'same' // The rule does not use this part of the message.
  if (node.text() === value) return 'same'
  const kind = String(node.kind())
  if (/string|integer|number|int_literal/.test(kind))
    return unquoted(node.text()) === unquoted(value) ? 'same' : 'differs'
  const owner = node.parent()
  const isName = ['attribute', 'property', 'field', 'name'].some(
    (field) => owner?.field(field)?.id() === node.id(),
  )
  return isName ? 'differs' : 'unknown'
}

function unquoted(text: string): string {
  return /^[a-z]?(["'`])(.*)\1$/is.exec(text)?.[2] ?? text
}

/** V8 points at the property that could not be read. */
function isAtOtherColumn(match: SgNode, site: FaultSite): boolean {
  const property = match.getMatch('PROP')
  if (site.column === null || property === null) return false
  const { start } = property.range()
  return start.line + 1 !== site.line || start.column + 1 !== site.column
}
