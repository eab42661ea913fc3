import type { DiagnosisReview, Evidence } from '../contracts.ts'
import { toCcpError } from '../errors.ts'
import { redactSecrets } from '../signals/redact-secrets.ts'
import type { IncidentCase } from '../signals/telemetry.ts'
import type { CaseRanking, RankedCause } from './case-ranking.ts'
import { culpritTrace, describeTrace } from './culprit-trace.ts'
import { judgeReview, type JudgedReview } from './judge-review.ts'
import type { DiagnosisReviewer, ReviewAnswer, ReviewQuestion } from './ports.ts'
import type { RcaSettings } from './settings.ts'
import { withinDeadline } from './within-deadline.ts'

export interface ReviewDeps {
  /** Null or absent: no model is configured, or it is not to be asked. */
  readonly reviewer?: DiagnosisReviewer | null
  readonly services: readonly { readonly name: string }[]
  readonly settings: Pick<RcaSettings, 'review' | 'abstainBelow'>
}

export interface ReviewedRanking {
  readonly ranked: readonly RankedCause[]
  /** Null where no model was asked. */
  readonly review: DiagnosisReview | null
}

interface Asked {
  readonly ranking: CaseRanking
  readonly incidentCase: IncidentCase
  /** What was reported, in words. */
  readonly symptom: string
}

/** Candidates that a model is shown: as many as people are. */
const SHOWN = 5
const MOST_EVIDENCE = 6
const MAX_TEXT = 300

/**
 * Asks a model about the first candidates of a ranking.
 *
 * V1  It chooses among the given candidates and adds none: an answer that names another is refused as a whole.
 * V2  Confidences, evidence, and whether a cause is named at all stay those of the ranking.
 * V3  Only candidates that the evidence hardly tells apart change places, and none comes first that could not be named.
 * V4  Whatever fails leaves the ranking as it was. What a model did, or did not, is told.
 */
export async function reviewRanking(asked: Asked, deps: ReviewDeps): Promise<ReviewedRanking> {
  const { ranking } = asked
  const reviewer = deps.reviewer ?? null
  if (reviewer === null || ranking.isSymptomNormal || ranking.ranked.length === 0)
    return { ranked: ranking.ranked, review: null }
  const candidates = ranking.ranked.slice(0, SHOWN)
  const movable = movableOf(candidates, ranking, deps.settings)
  const answer = await ask(reviewer, questionOf(candidates, asked, deps.settings.review.deadlineMs))
  const asRanked = { ranked: ranking.ranked, review: { model: reviewer.model, summary: null, answer: null } }
  if (answer.kind === 'none') {
    const text = `the model ${reviewer.model} was asked and gave no answer (${answer.reason}); the ranking stands`
    return { ...asRanked, review: { ...asRanked.review, outcome: 'failed', text } } // V4
  }
  const given = { order: answer.order, summary: answer.summary }
  const services = deps.services.map(({ name }) => name)
  const judged = judgeReview(answer, { candidates, movable, services })
  if (judged.kind === 'refused') {
    const text = `the answer of the model ${reviewer.model} is refused: ${judged.why}; the ranking stands`
    return { ...asRanked, review: { ...asRanked.review, answer: given, outcome: 'refused', text } } // V1
  }
  const ranked = reordered(ranking.ranked, judged.order, movable)
  return {
    ranked,
    review: { model: reviewer.model, answer: given, ...accepted(reviewer.model, judged, ranking, ranked) },
  }
}

/** V3; where no cause is named nothing moves: the reason that is given names the first. */
function movableOf(
  candidates: readonly RankedCause[],
  { abstained }: CaseRanking,
  { review, abstainBelow }: ReviewDeps['settings'],
): ReadonlySet<string> {
  const first = candidates[0]?.confidence ?? 0
  const least = Math.max(first / review.reorderWithin, abstainBelow)
  const movable = candidates.filter(
    ({ confidence }, at) => at === 0 || (abstained === null && confidence >= least),
  )
  return new Set(movable.map(({ service }) => service))
}

async function ask(reviewer: DiagnosisReviewer, question: ReviewQuestion): Promise<ReviewAnswer> {
  try {
    return await withinDeadline(() => reviewer.review(question), question.deadlineMs)
  } catch (thrown) {
    return { kind: 'none', reason: toCcpError(thrown).message }
  }
}

function questionOf(
  candidates: readonly RankedCause[],
  { ranking, incidentCase, symptom }: Asked,
  deadlineMs: number,
): ReviewQuestion {
  return {
    symptom: clean(symptom),
    candidates: candidates.map(({ service, change, path, evidenceFor, evidenceAgainst }) => {
      const trace = culpritTrace(incidentCase.logs, service, ranking.onset)
      const thrown = trace === null ? [] : [clean(`it logged ${describeTrace(trace.stackTrace)}`)]
      return {
        service,
        change: change === null ? null : clean(`${change.kind}: ${change.summary}`),
        path,
        evidenceFor: [...thrown, ...textsOf(evidenceFor)],
        evidenceAgainst: textsOf(evidenceAgainst),
      }
    }),
    deadlineMs,
  }
}

function textsOf(evidence: readonly Evidence[]): readonly string[] {
  return evidence.slice(0, MOST_EVIDENCE).map(({ text }) => clean(text))
}

function clean(text: string): string {
  return redactSecrets(text).replace(/\s+/g, ' ').slice(0, MAX_TEXT)
}

/** The movable share the places that they have between them: those that are named first. All others keep theirs. */
function reordered(
  ranked: readonly RankedCause[],
  order: readonly string[],
  movable: ReadonlySet<string>,
): readonly RankedCause[] {
  const queue = [...new Set([...order, ...movable])].flatMap(
    (service) => ranked.find((cause) => cause.service === service) ?? [],
  )
  return ranked.map((cause) => (movable.has(cause.service) ? (queue.shift() ?? cause) : cause))
}

function accepted(
  model: string,
  { summary, ignored }: Extract<JudgedReview, { kind: 'accepted' }>,
  before: CaseRanking,
  after: readonly RankedCause[],
): Pick<DiagnosisReview, 'outcome' | 'text' | 'summary'> {
  const clear =
    ignored.length === 0
      ? ''
      : `; it put ${ignored.join(' and ')} further up, which the evidence does not bear`
  const isKept = after.every((cause, at) => cause === before.ranked[at])
  if (isKept)
    return {
      outcome: 'kept',
      summary,
      text: `the model ${model} was asked and left the order as it is${clear}`,
    }
  const [first, was] = [after[0], before.ranked[0]]
  const moved =
    first === was
      ? 'put the candidates behind the first in another order'
      : `put ${first?.service ?? ''} (${percent(first)}) before ${was?.service ?? ''} (${percent(was)})`
  const text = `the model ${model} ${moved}${clear}; the confidences are those of the evidence alone`
  return { outcome: 'reordered', summary, text }
}

function percent(cause: RankedCause | undefined): string {
  return `${Math.round((cause?.confidence ?? 0) * 100)} %`
}
