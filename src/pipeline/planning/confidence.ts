import type { FixStrategy } from '../contracts.ts'
import type { OutcomeHistory } from './ports.ts'

export interface Belief {
  readonly confidence: number
  readonly basis: string
}

/**
 * The prior moved by what became of earlier fixes of the kind: the mean of the Beta distribution that begins with
 * `strength` outcomes, of which the share `prior` worked.
 */
export function posterior(
  prior: number,
  strength: number,
  outcomes: { readonly worked: number; readonly failed: number; readonly rejected?: number },
): Belief {
  const seen = outcomes.worked + outcomes.failed
  const confidence = seen === 0 ? prior : (prior * strength + outcomes.worked) / (strength + seen)
  const tried = seen === 0 ? 'prior, no outcomes yet' : `worked ${outcomes.worked} of ${times(seen)}`
  const rejected = outcomes.rejected ?? 0
  // A person's no is told and not counted: nobody saw what the fix would have done.
  return { confidence, basis: rejected === 0 ? tried : `${tried}; rejected ${times(rejected)}` }
}

function times(count: number): string {
  return `${count} ${count === 1 ? 'time' : 'times'}`
}

/** The belief in a kind of fix, from its prior and its history. */
export async function believe(
  fix: { readonly strategy: FixStrategy; readonly templateId: string | null; readonly prior: number },
  deps: { readonly outcomes: OutcomeHistory; readonly settings: { readonly priorStrength: number } },
): Promise<Belief> {
  const outcomes = await deps.outcomes.outcomesOf({ strategy: fix.strategy, templateId: fix.templateId })
  return posterior(fix.prior, deps.settings.priorStrength, outcomes)
}
