import type { Diagnosis, Evidence, Fault, Hypothesis, Incident, StageOutcome } from '../contracts.ts'
import { describeUpstreamFailure, upstreamFailure } from '../signals/upstream-failure.ts'
import { EDGE_SERVICE, type IncidentCase } from '../signals/telemetry.ts'
import type { CaseRanking, RankedCause } from './case-ranking.ts'
import { classifyFault } from './classify-fault.ts'
import { culpritTrace, describeTrace, type CulpritTrace } from './culprit-trace.ts'
import { describeSymptom } from './describe-symptom.ts'
import { changeWords } from './evidence/change-evidence.ts'
import { framePlaces } from './evidence/code-places.ts'
import { touchingCommits } from './evidence/commit-evidence.ts'
import { gatherCase, type GatherDeps } from './gather-case.ts'
import { newsOf, type News } from './news.ts'
import type { CaseRecorder, DiagnosisReviewer } from './ports.ts'
import { rankCase } from './rank-case.ts'
import { reviewRanking } from './review-ranking.ts'

export interface DiagnoseDeps extends GatherDeps {
  /** Null: nothing is kept for a replay. */
  readonly recorder?: CaseRecorder | null
  /** A model that is asked about the ranking; null: none. */
  readonly reviewer?: DiagnosisReviewer | null
}

/** Hypotheses put before a person. */
const MOST_HYPOTHESES = 5

/**
 * Incident -> Diagnosis: gathers what the sources know, ranks the causes and words the result. Always `done`: not knowing is
 * an answer too (`abstained` says why), and sources that are down are in `missing`.
 */
export async function diagnose(incident: Incident, deps: DiagnoseDeps): Promise<StageOutcome<Diagnosis>> {
  const startedMs = deps.nowMs()
  const { incidentCase: whole, missing } = await gatherCase(incident, deps)
  const { gather } = deps.settings
  deps.recorder?.record({ incident, incidentCase: whole, missing, tracing: deps.spans !== null, gather })
  const news = newsOf(whole, deps.settings)
  const { incidentCase, ranking } = news ?? { incidentCase: whole, ranking: rankCase(whole, deps.settings) }
  const symptom = describeSymptom(incident, incidentCase, deps.settings)
  const { ranked, review } = await reviewRanking({ ranking, incidentCase, symptom }, deps)
  const hypothesesOf = ranking.isSymptomNormal ? [] : ranked.slice(0, MOST_HYPOTHESES)
  const [first] = hypothesesOf
  const trace = first === undefined ? null : culpritTrace(incidentCase.logs, first.service, ranking.onset)
  const fault =
    first === undefined
      ? null
      : classifyFault(first.service, trace?.stackTrace ?? null, incidentCase, deps.settings)
  return {
    kind: 'done',
    value: {
      incidentId: incident.incidentId,
      symptom: { service: incident.service, text: symptom },
      hypotheses: hypothesesOf.map((cause, at) =>
        at === 0
          ? hypothesis(cause, { trace, fault }, incidentCase, ranking)
          : hypothesis(cause, { trace: null, fault: null }, incidentCase, ranking),
      ),
      abstained: ranking.abstained,
      ruledOut: ranking.ruledOut,
      wouldSettle: ranking.wouldSettle,
      stackTrace: trace?.stackTrace ?? null,
      failingInput: trace?.failingInput ?? null,
      ...(fault === null ? {} : { fault }),
      lookedAt: [
        ...(news === null ? [] : [whatIsKnown(news)]),
        ...ranking.lookedAt,
        ...howTheyTurnedOut(incidentCase),
      ],
      missing: [...missing, ...uncovered(ranking, missing, deps)],
      ...(ranking.confidenceShift === 0 ? {} : { confidenceShift: ranking.confidenceShift }),
      ...(review === null ? {} : { review }),
      onsetMs: Math.round(ranking.onset * 1000),
      computeMs: deps.nowMs() - startedMs,
    },
  }
}

/** What the confidences rest on besides the calibration that comes with the bot. */
function howTheyTurnedOut({ judged = [] }: IncidentCase): readonly string[] {
  if (judged.length === 0) return []
  const right = judged.filter((one) => one.right).length
  return [`how earlier diagnoses turned out: ${right} of ${judged.length} named the right service`]
}

function whatIsKnown({ known: { title, service } }: News): string {
  return `only what is new since "${title}" began, of which ${service} is the cause`
}

/** What the ranking lacked, less what a silent source has already been named for, and less what was never configured. */
function uncovered(ranking: CaseRanking, missing: readonly string[], deps: DiagnoseDeps): readonly string[] {
  const named = missing.map((text) => text.split(':')[0] ?? '')
  return ranking.missing.filter(
    (text) =>
      !named.some((source) => text.includes(source)) && !(deps.spans === null && text.includes('traces')),
  )
}

/** What is known of the first cause alone. */
interface Symptoms {
  readonly trace: CulpritTrace | null
  readonly fault: Fault | null
}

function hypothesis(
  cause: RankedCause,
  symptoms: Symptoms,
  incidentCase: IncidentCase,
  ranking: CaseRanking,
): Hypothesis {
  const { trace } = symptoms
  const extra = trace === null ? [] : traceEvidence(trace)
  const measured = faultEvidence(symptoms, cause)
  return {
    service: cause.service,
    change: cause.change,
    confidence: cause.confidence,
    summary: summarise(cause, symptoms, incidentCase, ranking),
    evidenceFor: [...extra, ...measured, ...cause.evidenceFor, ...commitEvidence(cause)],
    evidenceAgainst: cause.evidenceAgainst,
    path: cause.path,
  }
}

/** Already weighed with the logs and the change: shown, not counted again. */
function traceEvidence(trace: CulpritTrace): readonly Evidence[] {
  const times = trace.count === 1 ? 'once' : `${trace.count} times`
  return [
    {
      kind: 'log',
      text: `it logged ${describeTrace(trace.stackTrace)}, ${times} since the incident began`,
      weight: 0,
    },
  ]
}

/** What makes the kind of fault, where no exception says it: shown once, and not counted again. */
function faultEvidence({ fault }: Symptoms, cause: RankedCause): readonly Evidence[] {
  if (fault === null || fault.kind === 'exception' || fault.kind === 'exhaustion') return []
  if (cause.evidenceFor.some(({ text }) => text === fault.because)) return []
  return [{ kind: 'metric', text: fault.because, weight: 0 }]
}

function commitEvidence({ change, commits }: RankedCause): readonly Evidence[] {
  if (change === null || commits.length === 0) return []
  const listed = commits.slice(0, 3).map(({ id, summary }) => `${id.slice(0, 12)} "${summary}"`)
  const more = commits.length > listed.length ? ` and ${commits.length - listed.length} more` : ''
  return [{ kind: 'change', text: `the ${change.kind} brought ${listed.join(', ')}${more}`, weight: 0 }]
}

/** One sentence for a person woken at night: who, since when, with what error, who only suffers. */
function summarise(
  cause: RankedCause,
  symptoms: Symptoms,
  incidentCase: IncidentCase,
  ranking: CaseRanking,
): string {
  const parts = [whoAndWhat(cause, incidentCase.detectedAt)]
  const said = whatItShows(cause, symptoms)
  if (said !== null) parts.push(said)
  const victims = cause.path.slice(1).filter((service) => service !== EDGE_SERVICE)
  if (victims.length > 0)
    parts.push(`${victims.join(' and ')} ${victims.length === 1 ? 'suffers' : 'suffer'} from it`)
  const sinceS = Math.max(0, Math.round(incidentCase.detectedAt - ranking.onset))
  return `${parts.join('; ')}. It began about ${sinceS} s before the diagnosis.`
}

function whatItShows(cause: RankedCause, { trace, fault }: Symptoms): string | null {
  switch (fault?.kind) {
    case 'exhaustion':
      return `it runs out of ${fault.resource}: ${fault.because}. What throws is a victim, not what uses them up`
    case 'slow-answers':
      return `it answers slowly: its ${fault.because}`
    case 'errors':
      return `its requests fail without an exception: its ${fault.because}`
    case 'exception':
    case undefined:
      return trace === null
        ? null
        : `it throws ${describeTrace(trace.stackTrace)}${whoFailed(trace)}${suspectIn(cause, trace)}`
  }
}

/** An exception that tells of somebody else's failure: the line that throws it asked, and was not answered well. */
function whoFailed({ stackTrace }: CulpritTrace): string {
  const failure = upstreamFailure(stackTrace)
  return failure === null ? '' : `, where ${describeUpstreamFailure(failure)}`
}

function whoAndWhat({ service, change }: RankedCause, detectedAt: number): string {
  if (change === null) return `${service} is probably the cause, though nothing was changed in it`
  const ago = Math.max(0, Math.round(detectedAt - change.at))
  const when = ago < 120 ? `${ago} s` : `${Math.round(ago / 60)} min`
  const what = change.kind === 'commit' ? `commit ${change.id.slice(0, 12)}` : changeWords(change.kind)
  return `${service} is probably the cause, since its ${what} ${when} ago (${change.summary})`
}

function suspectIn({ commits }: RankedCause, trace: CulpritTrace): string {
  const touching = touchingCommits(commits, framePlaces(trace.stackTrace).slice(0, 1))
  const nearest = touching.filter(({ strength }) => strength === touching[0]?.strength)
  const [only] = nearest
  if (only === undefined) return ''
  const which =
    nearest.length === 1 ? `commit ${only.commit.id.slice(0, 12)}` : `${nearest.length} of its commits`
  return `, in ${only.symbol === null ? 'a file' : only.symbol} that ${which} touched`
}
