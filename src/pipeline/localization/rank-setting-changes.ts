import type { Diagnosis } from '../contracts.ts'
import type { SettingChange } from '../signals/setting-changes.ts'

export interface RankedChange {
  readonly change: SettingChange
  /** Why it rather than another; null where nothing speaks for it. */
  readonly why: string | null
  readonly points: number
}

/** Weights of what points at a setting; a ranking, not probabilities. Set by reasoning, see the tests for the order they imply. */
const NAMED = 4
const OTHER_MAGNITUDE = 2
const NOT_NEW = 1

/** From this factor on a number was probably written in another unit: cents for euros, seconds for milliseconds. */
const UNIT_FACTOR = 10

/**
 * The settings that a change of configuration touched, the most suspect first: what the exception names; then a number of
 * another magnitude; then what was there before, for a new key seldom breaks what ran without it.
 */
export function rankSettingChanges(
  changes: readonly SettingChange[],
  { stackTrace }: Pick<Diagnosis, 'stackTrace'>,
): readonly RankedChange[] {
  const said = new Set(stackTrace === null ? [] : wordsOf(`${stackTrace.type} ${stackTrace.message}`))
  return changes
    .map((change) => rank(change, said))
    .toSorted((a, b) => b.points - a.points || a.change.line - b.change.line)
}

function rank(change: SettingChange, said: ReadonlySet<string>): RankedChange {
  const named = wordsOf(`${change.key} ${change.before ?? ''} ${change.after ?? ''}`).find((word) =>
    said.has(word),
  )
  const factor = factorOf(change)
  const reasons = [
    ...(factor === null ? [] : [`by a factor of ${factor}, as if in another unit`]),
    ...(named === undefined ? [] : [`and the exception names ${shownWord(named, change)}`]),
  ]
  return {
    change,
    why: reasons.length === 0 ? null : reasons.join(', '),
    points:
      (named === undefined ? 0 : NAMED) +
      (factor === null ? 0 : OTHER_MAGNITUDE) +
      (change.before === null ? 0 : NOT_NEW),
  }
}

/** Words of two letters or more, in lower case: of `SETTLE_GBP` settle and gbp, of `maxRetries` max and retries. */
function wordsOf(text: string): readonly string[] {
  const apart = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2')
  const words = apart.match(/[A-Za-z][A-Za-z0-9]+/g) ?? []
  return words.map((word) => word.toLowerCase()).filter((word) => !COMMON.has(word))
}

/** In every message and many keys: they name nothing. */
const COMMON = new Set([
  'error',
  'exception',
  'key',
  'value',
  'type',
  'of',
  'is',
  'in',
  'to',
  'for',
  'not',
  'no',
  'the',
  'an',
  'or',
  'and',
  'none',
  'null',
  'true',
  'false',
  'undefined',
])

/** As the file writes it. */
function shownWord(word: string, { key, before, after }: SettingChange): string {
  const texts = [key, before ?? '', after ?? '']
  const found = texts.map((text) => new RegExp(word, 'i').exec(text)?.[0]).find((each) => each !== undefined)
  return found ?? word
}

function factorOf({ before, after }: SettingChange): number | null {
  const [from, to] = [numberOf(before), numberOf(after)]
  if (from === null || to === null || from === 0 || to === 0) return null
  const factor = Math.max(Math.abs(to / from), Math.abs(from / to))
  return factor >= UNIT_FACTOR ? Number(factor.toPrecision(3)) : null
}

function numberOf(text: string | null): number | null {
  return text === null || !/^[+-]?\d+(?:_\d+)*(?:\.\d+)?$/.test(text.trim())
    ? null
    : Number(text.replaceAll('_', ''))
}
