import { createHash } from 'node:crypto'
import type { FixCandidate, FixStrategy } from '../contracts.ts'

/** A candidate, and what it costs beside its risk of failing. */
export interface Weighed {
  readonly candidate: FixCandidate
  /** Taken off the confidence when candidates are put in order, 0..1. */
  readonly cost: number
}

/** The same repair has the same id in every incident and on every base: by it a refused fix is known again. */
export function fingerprint(strategy: FixStrategy, parts: readonly string[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([strategy, ...parts]))
    .digest('hex')
  return `${strategy}-${hash.slice(0, 12)}`
}

/** A candidate that cannot be carried out, with the reason. */
export function unavailable(strategy: FixStrategy, title: string, reason: string): Weighed {
  const candidate: FixCandidate = {
    candidateId: fingerprint(strategy, ['unavailable', title]),
    strategy,
    title,
    rationale: 'Considered, and not possible here.',
    confidence: 0,
    confidenceBasis: 'not estimated: it cannot be carried out',
    drawbacks: [],
    recipe: null,
    unavailable: reason,
  }
  return { candidate, cost: 0 }
}

/** Rounded to three digits: more is noise, and differs between machines. */
export function rounded(confidence: number): number {
  return Math.round(confidence * 1000) / 1000
}
