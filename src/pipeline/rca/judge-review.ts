import { redactSecrets } from '../signals/redact-secrets.ts'
import type { RankedCause } from './case-ranking.ts'
import type { ReviewAnswer } from './ports.ts'

/** What is left of a model's answer after it was held against what it was asked. */
export type JudgedReview =
  | {
      readonly kind: 'accepted'
      readonly order: readonly string[]
      readonly summary: string | null
      readonly ignored: readonly string[]
    }
  | { readonly kind: 'refused'; readonly why: string }

export interface ReviewBounds {
  /** The candidates that it was shown. */
  readonly candidates: readonly RankedCause[]
  /** Of those, the services that may change places. */
  readonly movable: ReadonlySet<string>
  /** All services of the system. */
  readonly services: readonly string[]
}

const MAX_SUMMARY = 700
/** A number beside a word of belief: confidences are calibrated, a model's are not. */
const BELIEF = '(?:confiden\\w*|certain\\w*|probab\\w*|likel\\w*|odds|chances?|sure)'
const AMOUNT =
  '\\d{1,3}(?:\\.\\d{1,4})?\\s?(?:%|per ?cent\\b)|\\b[01]\\.\\d{1,4}\\b|\\b\\d{1,3} (?:in|out of|to) \\d{1,3}\\b'
const CLAIMS = new RegExp(`${BELIEF}[^.;]{0,40}(?:${AMOUNT})|(?:${AMOUNT})[^.;\\d]{0,20}${BELIEF}`, 'i')

/**
 * Refuses an answer that names anything but the candidates, repeats one, or claims a confidence. Candidates that may not move
 * are ignored where it puts them.
 */
export function judgeReview(
  { order, summary }: Extract<ReviewAnswer, { kind: 'answered' }>,
  { candidates, movable, services }: ReviewBounds,
): JudgedReview {
  const given = candidates.map(({ service }) => service)
  const stranger = order.find((name) => !given.includes(name))
  if (stranger !== undefined)
    return { kind: 'refused', why: `it names ${quoted(stranger)}, which is none of the candidates` }
  if (new Set(order).size < order.length) return { kind: 'refused', why: 'it names a candidate twice' }
  const words = redactSecrets(summary).replace(/\s+/g, ' ').trim().slice(0, MAX_SUMMARY)
  const shown = new Set([...given, ...candidates.flatMap(({ path }) => path)])
  const other = services.find((name) => !shown.has(name) && mentions(words, name))
  if (other !== undefined)
    return { kind: 'refused', why: `its summary speaks of ${quoted(other)}, which is none of the candidates` }
  if (CLAIMS.test(words)) return { kind: 'refused', why: 'its summary claims a confidence of its own' }
  return {
    kind: 'accepted',
    order: order.filter((name) => movable.has(name)),
    summary: words === '' ? null : words,
    ignored: order.filter((name, at) => !movable.has(name) && at < given.indexOf(name)),
  }
}

/** The name as a word of its own: "cart" is not in "cartography" nor in "cart-v2". */
function mentions(text: string, name: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, 'i').test(text)
}

function quoted(name: string): string {
  return JSON.stringify(redactSecrets(name).slice(0, 80))
}
