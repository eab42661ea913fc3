import { createHash } from 'node:crypto'
import type { Diagnosis, FixPlan, GateReport, Location, Patch } from '../../pipeline/contracts.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'

/** The commands that are stages of the analysis, in order, with the names that a replay prints. */
export const STAGES = {
  diagnose: 'diagnose',
  localize: 'localize',
  'plan-fix': 'plan',
  'write-patch': 'patch',
  'evaluate-gates': 'gates',
} as const
export type ReplayStage = (typeof STAGES)[keyof typeof STAGES]

/** What is compared of a stage's noun: what it decided, without times, paths of this machine and hashes of commits made now. */
export type Answer = Readonly<Record<string, unknown>>

/** The stage's answer in the record; null where the incident did not get there. */
export function answerOf(stage: ReplayStage, record: IncidentRecord): Answer | null {
  const { diagnosis, location, plan, patch, gates } = record
  switch (stage) {
    case 'diagnose':
      return diagnosis === null ? null : diagnosisAnswer(diagnosis)
    case 'localize':
      return location === null ? null : locationAnswer(location)
    case 'plan':
      return plan === null ? null : planAnswer(plan)
    case 'patch':
      return patch === null ? null : patchAnswer(patch)
    case 'gates':
      return gates === null ? null : gatesAnswer(gates)
  }
}

/** The stage at which the incident stopped by itself, and why; null where it went through all, or a person ended it. */
export function stoppedAt(
  record: IncidentRecord,
): { readonly stage: ReplayStage; readonly why: string } | null {
  const { handOver, diagnosis } = record
  const stage = Object.values(STAGES).find((each) => answerOf(each, record) === null)
  // An abstention and a failed gate are answers of their stage.
  const over =
    stage === undefined || handOver === null || (diagnosis !== null && diagnosis.abstained !== null)
  return over ? null : { stage, why: handOver.reason }
}

function diagnosisAnswer({ hypotheses, abstained, stackTrace, fault, missing }: Diagnosis): Answer {
  const [first] = hypotheses
  const frame = stackTrace?.frames[0]
  return {
    cause: abstained === null ? (first?.service ?? null) : null,
    change: abstained === null ? (first?.change?.id ?? null) : null,
    abstained,
    hypotheses: hypotheses.map(({ service, change, confidence }) => ({
      service,
      change: change?.id ?? null,
      confidence: rounded(confidence),
    })),
    exception:
      stackTrace === null ? null : `${stackTrace.type} at ${frame?.file ?? '?'}:${frame?.line ?? '?'}`,
    fault: fault?.kind ?? null,
    missing,
  }
}

function locationAnswer({
  service,
  baseCommit,
  file,
  line,
  symbol,
  suspectCommit,
  doubts,
}: Location): Answer {
  return { service, baseCommit, file, line, symbol, suspectCommit: suspectCommit?.commit ?? null, doubts }
}

function planAnswer({ candidates, chosenId }: FixPlan): Answer {
  return {
    chosen: candidates.find(({ candidateId }) => candidateId === chosenId)?.title ?? null,
    chosenId,
    candidates: candidates.map(({ candidateId, title, confidence, confidenceBasis, unavailable }) => ({
      candidateId,
      title,
      confidence: rounded(confidence),
      confidenceBasis,
      unavailable,
    })),
  }
}

function patchAnswer({ title, files, regressionTest, diff }: Patch): Answer {
  return { title, files, regressionTest, diffSha256: createHash('sha256').update(diff).digest('hex') }
}

function gatesAnswer({ passed, results, risk, sandbox }: GateReport): Answer {
  return {
    passed,
    gates: Object.fromEntries(results.map(({ gate, status }) => [gate, status])),
    findings: results.flatMap(({ gate, findings }) =>
      findings.map(({ file, line, rule }) => `${gate}: ${file ?? ''}:${line ?? ''} ${rule}`),
    ),
    tier: risk.tier,
    risk: rounded(risk.risk),
    sandbox,
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(3))
}
