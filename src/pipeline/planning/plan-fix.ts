import { aiCandidate } from './ai-candidate.ts'
import { configCandidates, type ConfigRelease } from './config-candidates.ts'
import { unavailable } from './candidate.ts'
import { revertCandidate, rollBackCandidate } from './commit-candidates.ts'
import { templateCandidates } from './template-candidates.ts'
import type { Diagnosis, FixCandidate, FixPlan, Location, StageOutcome } from '../contracts.ts'
import type { ServiceDefinition } from '../services.ts'
import type { Weighed } from './candidate.ts'
import type { Release } from './commit-candidates.ts'
import type { OutcomeHistory, PatchSuggester, PlanRepository } from './ports.ts'
import type { PlanningSettings } from './settings.ts'
import type { FixTemplate } from './templates/fix-template.ts'

export interface PlanDeps {
  readonly diagnosis: Diagnosis
  readonly service: ServiceDefinition
  readonly repository: PlanRepository
  readonly release: Release
  /** Present where the location is in the configuration. */
  readonly config?: ConfigRelease
  readonly templates: readonly FixTemplate[]
  readonly outcomes: OutcomeHistory
  /** Null: no model is configured. */
  readonly suggestPatch: PatchSuggester | null
  readonly settings: PlanningSettings
  /** Ids of candidates that a person refused, a gate stopped or a canary sent back. */
  readonly refused: readonly string[]
  /** Why earlier tries at this incident came to nothing, in words. */
  readonly earlierTries: readonly string[]
  /** Whether the release before runs again already, so that only the lasting fix is still to come. */
  readonly mitigated: boolean
}

/** Order of strategies whose candidates weigh the same: the narrower change first. */
const STRATEGY_ORDER = ['template', 'ai-patch', 'revert-commit', 'roll-back-deploy', 'config-change']

/**
 * Compares the ways to end the incident and chooses one: the highest confidence after the cost of the change, so that
 * the smallest change that cures comes first. Where that would be to take a commit back, the deploy is rolled back first:
 * the release before ran without the fault, so the pain stops while the revert, which nobody has run yet, is prepared.
 * What cannot be done is listed last, with the reason. The answer is the same whenever the question is.
 */
export async function planFix(location: Location, deps: PlanDeps): Promise<StageOutcome<FixPlan>> {
  const weighed = await allCandidates(location, deps)
  const candidates = [...weighed].sort(byWorth).map(({ candidate }) => candidate)
  const { minConfidence } = deps.settings
  const chosen = candidates.find((each) => each.recipe !== null && each.confidence >= minConfidence)
  if (chosen === undefined) return { kind: 'gaveUp', reason: whyNone(candidates, minConfidence) }
  const order = chosenIds(chosen, candidates, minConfidence)
  return { kind: 'done', value: { incidentId: location.incidentId, candidates, ...order } }
}

/** Roll back first, revert afterwards, where the change is to be taken back at all and both are possible. */
function chosenIds(
  chosen: FixCandidate,
  candidates: readonly FixCandidate[],
  minConfidence: number,
): Pick<FixPlan, 'chosenId' | 'lastingId'> {
  const possible = (strategy: FixCandidate['strategy']) =>
    candidates.find(
      (each) => each.strategy === strategy && each.recipe !== null && each.confidence >= minConfidence,
    )
  const [rollBack, revert] = [possible('roll-back-deploy'), possible('revert-commit')]
  const takesBack = chosen === rollBack || chosen === revert
  if (!takesBack || rollBack === undefined || revert === undefined) return { chosenId: chosen.candidateId }
  return { chosenId: rollBack.candidateId, lastingId: revert.candidateId }
}

async function allCandidates(location: Location, deps: PlanDeps): Promise<readonly Weighed[]> {
  const found = [...(await configCandidates(location, deps)), ...(await codeCandidates(location, deps))]
  const others = found.map((each) => withoutRefused(each, deps.refused))
  const best = Math.max(...others.map(worth))
  const ai = await aiCandidate(location, { ...deps, bestOther: best })
  return [...others, withoutRefused(ai, deps.refused)]
}

/** Where the configuration is at fault, the code where that surfaced is compared as well: the diagnosis may be wrong. */
async function codeCandidates(location: Location, deps: PlanDeps): Promise<readonly Weighed[]> {
  const place = location.config === undefined ? location : location.config.surfaced
  if (place === null)
    return [
      unavailable('template', 'Repair the code', 'no exception leads to a line of it, and it did not change'),
    ]
  const found = await Promise.all([
    templateCandidates(place, deps),
    revertCandidate(place, deps),
    rollBackCandidate(place, deps),
  ])
  return found.flat()
}

function withoutRefused(weighed: Weighed, refused: readonly string[]): Weighed {
  const { candidate } = weighed
  if (candidate.recipe === null || !refused.includes(candidate.candidateId)) return weighed
  const why = 'it was refused or taken back before in this incident'
  return { ...weighed, candidate: { ...candidate, recipe: null, unavailable: why } }
}

/** Confidence less cost; what cannot be done is worth nothing. */
function worth({ candidate, cost }: Weighed): number {
  return candidate.recipe === null ? 0 : candidate.confidence - cost
}

function byWorth(a: Weighed, b: Weighed): number {
  const available = Number(b.candidate.recipe !== null) - Number(a.candidate.recipe !== null)
  const narrower = STRATEGY_ORDER.indexOf(a.candidate.strategy) - STRATEGY_ORDER.indexOf(b.candidate.strategy)
  return (
    available ||
    worth(b) - worth(a) ||
    narrower ||
    a.candidate.candidateId.localeCompare(b.candidate.candidateId)
  )
}

function whyNone(candidates: readonly FixCandidate[], minConfidence: number): string {
  const tried = candidates.map(({ title, unavailable: why, confidence }) =>
    why === null ? `${title}: confidence ${confidence} is below ${minConfidence}` : `${title}: ${why}`,
  )
  return `No fix can be proposed. ${tried.join('; ')}.`
}
