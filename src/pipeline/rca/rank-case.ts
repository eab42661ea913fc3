import type { IncidentCase } from '../signals/telemetry.ts'
import { abstention } from './abstain.ts'
import { calibratedConfidence, calibrationFeatures, shiftByOutcomes } from './calibrate.ts'
import type { CaseRanking, RankedCause } from './case-ranking.ts'
import { describeCoverage } from './describe-coverage.ts'
import { explainCandidate, featureMeans, type FeatureMeans } from './explain.ts'
import { extractCandidates, type CandidateSet } from './extract-candidates.ts'
import { mendCase } from './mend-case.ts'
import { leadsOf, type Leads } from './rule-out.ts'
import { scoreCandidates, type ScoredCandidate } from './score-candidates.ts'
import type { RcaSettings } from './settings.ts'

/** Ranked causes shown; the truth is nearly always among the first five. */
const MOST_CAUSES = 10
/** Explained in words; making words costs time. */
const EXPLAINED = 5

/**
 * Ranks services, each with its most suspect change, as causes of one case; pure, deterministic and quick (no I/O). Never
 * throws on missing data: what is not there moves nothing and is named in `missing`.
 */
export function rankCase(seenCase: IncidentCase, shipped: RcaSettings): CaseRanking {
  const confidenceShift = shiftByOutcomes(seenCase.judged ?? [])
  const settings = recalibrated(shipped, confidenceShift)
  const { incidentCase, doubts } = mendCase(seenCase)
  const set = extractCandidates(incidentCase, settings)
  const scored = scoreCandidates(set.candidates, settings.model.weights)
  const services = byService(scored)
  const means = featureMeans(set.candidates)
  const ranked = exclusive(
    services
      .slice(0, MOST_CAUSES)
      .map((service, at) => rankedCause(service, at, { services, set, means, incidentCase, settings })),
  )
  const abstained = abstention(incidentCase, set, ranked, settings)
  return {
    id: incidentCase.id,
    ranked,
    abstained: abstained?.reason ?? null,
    isSymptomNormal: abstained?.kind === 'symptom-normal',
    ...(abstained === null ? NO_LEADS : leadsOf(abstained.kind, { incidentCase, set, ranked, settings })),
    confidenceShift,
    onset: set.onset,
    ...describeCoverage(incidentCase, set, doubts),
  }
}

function recalibrated(settings: RcaSettings, shift: number): RcaSettings {
  const { model } = settings
  const calibration = { ...model.calibration, intercept: model.calibration.intercept + shift }
  return { ...settings, model: { ...model, calibration } }
}

const NO_LEADS: Leads = { ruledOut: [], wouldSettle: [] }

/** One service with all that was scored of it, best first, and the sum of their shares. */
interface ScoredService {
  readonly service: string
  readonly share: number
  readonly scored: readonly ScoredCandidate[]
}

/** Services in the order of their probability: the sum over their changes and none. */
function byService(scored: readonly ScoredCandidate[]): readonly ScoredService[] {
  const groups = Map.groupBy(scored, ({ candidate }) => candidate.service)
  return [...groups]
    .map(([service, own]) => ({ service, share: own.reduce((sum, one) => sum + one.share, 0), scored: own }))
    .sort((a, b) => b.share - a.share || (a.service < b.service ? -1 : 1))
}

/** Causes exclude one another, which the calibration of each does not know: those behind the first share what it leaves. */
function exclusive(ranked: readonly RankedCause[]): readonly RankedCause[] {
  const [first, ...others] = ranked
  if (first === undefined) return []
  const sum = others.reduce((total, { confidence }) => total + confidence, 0)
  const factor = Math.min(1, (1 - first.confidence) / Math.max(sum, 1e-12))
  return [first, ...others.map((cause) => ({ ...cause, confidence: cause.confidence * factor }))]
}

interface Ranked {
  readonly services: readonly ScoredService[]
  readonly set: CandidateSet
  readonly means: FeatureMeans
  readonly incidentCase: IncidentCase
  readonly settings: RcaSettings
}

function rankedCause({ service, share, scored }: ScoredService, at: number, ranked: Ranked): RankedCause {
  const { services, set, means, incidentCase, settings } = ranked
  const best = scored[0]?.candidate
  const rival = services[at === 0 ? 1 : 0]?.share ?? 0
  const explained =
    best === undefined || at >= EXPLAINED
      ? { evidenceFor: [], evidenceAgainst: [] }
      : explainCandidate(best, means, settings.model.weights)
  const symptom = incidentCase.symptom.service
  return {
    service,
    change: best?.change ?? null,
    commits: best?.commits ?? [],
    confidence: calibratedConfidence(calibrationFeatures(share, rival, best), settings.model.calibration),
    ...explained,
    path: (symptom === null ? null : set.graph.path(symptom, service)?.toReversed()) ?? [service],
  }
}
