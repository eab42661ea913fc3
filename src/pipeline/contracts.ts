import type { Change } from './signals/telemetry.ts'
import type { FailingInput, Language, StackFrame, StackTrace } from './signals/stack-trace.ts'

/**
 * The nouns of the product, in the order in which an incident becomes them:
 *
 *   Incident -> Diagnosis -> Location -> FixPlan -> Patch -> GateReport -> (Approval) -> Rollout -> Verdict
 *
 * All are readonly, plain JSON, and keyed by `incidentId`. Times are epoch milliseconds, ratios are 0..1.
 */

/** What a stage answers: its noun, a reason to hand over to a person, or what stands in the way. */
export type StageOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'gaveUp'; readonly reason: string }
  | { readonly kind: 'blocked'; readonly by: readonly string[] }

export type StageName = 'rca' | 'localization' | 'planning' | 'patching' | 'gates'

// ---------------------------------------------------------------------------------------------- Incident

export type { Incident, IncidentSource, Signal } from './incident.ts'

// --------------------------------------------------------------------------------------------- Diagnosis

export type EvidenceKind = 'metric' | 'log' | 'trace' | 'change' | 'graph' | 'alert' | 'history'

/** One observation, in words with its numbers, and how far it moves the hypothesis (log-odds, signed). */
export interface Evidence {
  readonly kind: EvidenceKind
  readonly text: string
  readonly weight: number
}

export interface Hypothesis {
  readonly service: string
  /** The deploy, config change or commit held responsible; null where none is. */
  readonly change: Change | null
  /** A calibrated probability 0..1 (see config/rca.yaml for what it was calibrated on). */
  readonly confidence: number
  /** One sentence for a person woken at night. */
  readonly summary: string
  readonly evidenceFor: readonly Evidence[]
  readonly evidenceAgainst: readonly Evidence[]
  /** From the cause to the symptom, service names. */
  readonly path: readonly string[]
}

/**
 * What kind of fault the evidence speaks of: it says where in a change to look, what could repair it, and what has to be seen
 * to fall before a fix counts as a cure. `because` is the observation, in words with its numbers.
 */
export type Fault =
  /** An exception at the cause, whose trace leads to the line. */
  | { readonly kind: 'exception'; readonly because: string }
  /** Requests fail, and no exception at the cause says where. */
  | { readonly kind: 'errors'; readonly because: string }
  /** Answers take longer than they did; nothing fails. */
  | {
      readonly kind: 'slow-answers'
      readonly because: string
      /** What the latency that rose used to be. */
      readonly usualMs: number
    }
  /** What a process has only so much of has run out: whoever asked next failed, so that the trace names a victim. */
  | {
      readonly kind: 'exhaustion'
      readonly resource: Resource
      readonly because: string
      /** By how much the use grew for each request while it grew; null where that was not measured. */
      readonly perRequest: number | null
    }

export type Resource = 'open files' | 'connections' | 'memory' | 'threads' | 'disk'

/**
 * What a model had to do with a diagnosis: it may put the given candidates in another order and word a summary. Confidences
 * and evidence are never a model's.
 */
export interface DiagnosisReview {
  readonly model: string
  readonly outcome: 'kept' | 'reordered' | 'refused' | 'failed'
  /** What came of asking it, in one sentence. */
  readonly text: string
  /** What happened in the model's words; null where it said nothing that may be shown. */
  readonly summary: string | null
  /** As it was given; null where it gave none. */
  readonly answer: { readonly order: readonly string[]; readonly summary: string } | null
}

export interface Diagnosis {
  readonly incidentId: string
  readonly symptom: { readonly service: string | null; readonly text: string }
  /** Most probable first. */
  readonly hypotheses: readonly Hypothesis[]
  /** Why no cause is named; null when the first hypothesis stands. */
  readonly abstained: string | null
  /** Where no cause is named: what need not be looked at again, each with why. */
  readonly ruledOut?: readonly string[]
  /** Where no cause is named: what a look at would settle it, the most telling first. */
  readonly wouldSettle?: readonly string[]
  /** The exception at the suspected cause, from its logs, and the request that provoked it. */
  readonly stackTrace: StackTrace | null
  readonly failingInput: FailingInput | null
  /** Of the suspected cause; absent where nothing that was measured says. */
  readonly fault?: Fault
  /** When the trouble seems to have begun. */
  readonly onsetMs?: number
  /** "31 metrics of 4 services, 1,240 log lines ..." */
  readonly lookedAt: readonly string[]
  /** Sources that did not answer, with what the diagnosis lacks for it. */
  readonly missing: readonly string[]
  /** Log-odds that the outcomes of earlier diagnoses added to every confidence; absent: none. */
  readonly confidenceShift?: number
  /** Absent where no model was asked. */
  readonly review?: DiagnosisReview
  readonly computeMs: number
}

// ---------------------------------------------------------------------------------------------- Location

export interface CommitSummary {
  readonly commit: string
  readonly author: string
  readonly atMs: number
  readonly subject: string
}

export interface Snippet {
  readonly firstLine: number
  readonly lines: readonly string[]
  readonly markedLine: number
}

export interface LocatedFrame {
  readonly frame: StackFrame
  /** Path inside the repository; null for a frame that is not of this repository. */
  readonly file: string | null
}

export interface Location {
  readonly incidentId: string
  readonly service: string
  /** Directory of the repository the location was read from (the bot's own clone). */
  readonly repository: string
  /** The commit in production; the patch is made on top of it. */
  readonly baseCommit: string
  readonly language: Language
  readonly file: string
  readonly line: number
  readonly symbol: string | null
  readonly snippet: Snippet
  /** The exception whose trace names the line; null where none does and the line was found in the change (see `doubts`). */
  readonly exception: { readonly type: string; readonly message: string } | null
  /** What the line is suspected of; absent where only the trace speaks. */
  readonly fault?: Fault
  readonly frames: readonly LocatedFrame[]
  /** Present where the fault is in the configuration: repository, base and file are then of its repository, `symbol` the key. */
  readonly config?: ConfigFault
  /** Who last touched the marked line. */
  readonly blame: CommitSummary | null
  /** The commit held responsible, and why it rather than another. */
  readonly suspectCommit: (CommitSummary & { readonly because: string }) | null
  readonly failingInput: FailingInput | null
  /** What is uncertain about this location, in words ("line numbers shifted: ..."); empty if nothing is. */
  readonly doubts: readonly string[]
}

export interface ConfigFault {
  /** What became of the setting, without secrets: "SETTLE_GBP removed (was LON-118-402)". */
  readonly change: string
  /** Where its exception surfaced in the code, which did not change; null where none did. */
  readonly surfaced: Location | null
}

// ----------------------------------------------------------------------------------------------- FixPlan

export type FixStrategy = 'template' | 'revert-commit' | 'roll-back-deploy' | 'ai-patch' | 'config-change'

/** How a candidate would change the code; enough for the patching stage to write it. */
export type FixRecipe =
  | {
      readonly kind: 'template'
      readonly templateId: string
      readonly file: string
      readonly line: number
      /** The new text of the whole file. */
      readonly newContent: string
    }
  | { readonly kind: 'revert-commit'; readonly commit: string }
  | { readonly kind: 'roll-back-deploy'; readonly toCommit: string }
  /** One file as it was in an earlier commit. */
  | { readonly kind: 'restore-file'; readonly file: string; readonly fromCommit: string }
  | { readonly kind: 'ai-patch'; readonly diff: string; readonly model: string }

export interface FixCandidate {
  readonly candidateId: string
  readonly strategy: FixStrategy
  /** Imperative, one line: "Guard `address` against None in receipt.py:41". */
  readonly title: string
  readonly rationale: string
  /** Probability 0..1 that it cures the incident and harms nothing: prior of the strategy, moved by outcomes. */
  readonly confidence: number
  /** "prior, no outcomes yet" or "worked 7 of 8 times". */
  readonly confidenceBasis: string
  /** What else it takes away or leaves open ("also takes back 2 unrelated commits"). */
  readonly drawbacks: readonly string[]
  /** Null where the candidate cannot be carried out; `unavailable` then says why. */
  readonly recipe: FixRecipe | null
  readonly unavailable: string | null
}

export interface FixPlan {
  readonly incidentId: string
  /** Best first; the unavailable ones last. */
  readonly candidates: readonly FixCandidate[]
  readonly chosenId: string
  /** The candidate to propose once the chosen one has only stopped the pain; absent where that one is to last. */
  readonly lastingId?: string
}

// ------------------------------------------------------------------------------------------------- Patch

export interface PatchedFile {
  readonly path: string
  readonly added: number
  readonly removed: number
}

export type RegressionTest =
  | { readonly kind: 'generated'; readonly path: string; readonly describes: string }
  | { readonly kind: 'none'; readonly reason: string }

/** A release that is a pair of code and configuration: which half a patch changes, and the commit of the other. */
export interface PatchedPair {
  readonly part: ReleasePart
  readonly otherCommit: string
}

export type ReleasePart = 'code' | 'config'

export interface Patch {
  readonly incidentId: string
  readonly candidateId: string
  readonly strategy: FixStrategy
  readonly service: string
  /** Repository, base and commit are of the code, or of the configuration where `pair` says so. */
  readonly repository: string
  readonly baseCommit: string
  /** Present where the service's configuration has a repository of its own. */
  readonly pair?: PatchedPair
  readonly branch: string
  readonly commit: string
  /** Unified diff of base against commit, the regression test included. */
  readonly diff: string
  readonly files: readonly PatchedFile[]
  readonly regressionTest: RegressionTest
  readonly title: string
  /** The commit that it replaces in production, where that is not `baseCommit`: the release that was rolled back to. */
  readonly replaces?: string
}

// -------------------------------------------------------------------------------------------- GateReport

export const GATES = [
  'syntax',
  'unit-tests',
  'lint',
  'static-analysis',
  'security',
  'risk',
  'policy',
] as const
export type GateId = (typeof GATES)[number]

export interface Finding {
  readonly file: string | null
  readonly line: number | null
  readonly rule: string
  readonly message: string
}

export interface GateResult {
  readonly gate: GateId
  /** `blocked`: it could not be run, which is never a pass. */
  readonly status: 'passed' | 'failed' | 'blocked'
  /** One line: "14 tests passed; the regression test fails before the patch and passes after". */
  readonly summary: string
  /** What the patch adds over the baseline; capped, head and tail kept. */
  readonly findings: readonly Finding[]
  /** Tool names and versions that were run. */
  readonly tools: readonly string[]
  readonly durationMs: number
}

export type RiskTier = 'low' | 'medium' | 'high'

/** risk = impact x (1 - confidence) x complexity; impact and complexity are 0.. (see config/safety-gates.yaml). */
export interface RiskAssessment {
  readonly impact: number
  readonly confidence: number
  readonly complexity: number
  readonly risk: number
  readonly threshold: number
  readonly tier: RiskTier
  /** What made the factors what they are. */
  readonly reasons: readonly string[]
}

export interface GateReport {
  readonly incidentId: string
  readonly patchCommit: string
  /** One for each gate, in the order of `GATES`. */
  readonly results: readonly GateResult[]
  readonly passed: boolean
  readonly risk: RiskAssessment
  /** How the code under test was confined: "bubblewrap 0.8.0" or the exception the config names. */
  readonly sandbox: string
  readonly durationMs: number
}

// ---------------------------------------------------------------------------------------------- Approval

export type Role = 'on-call' | 'lead'

/** Somebody in Slack, or the program itself. */
export type Actor =
  | { readonly kind: 'person'; readonly teamId: string; readonly userId: string }
  | { readonly kind: 'machine'; readonly part: string }

export interface Vote {
  readonly teamId: string
  readonly userId: string
  readonly role: Role
  readonly atMs: number
}

/** Asks people to agree to exactly one thing: the SHA-256 over diff, base, target, plan, gate results and expiry. */
export interface Approval {
  readonly incidentId: string
  readonly bindingHash: string
  readonly tier: RiskTier
  /** Every entry must be matched by a different person whose role is among those named. */
  readonly quorum: readonly (readonly Role[])[]
  readonly requestedAtMs: number
  readonly expiresAtMs: number
  readonly votes: readonly Vote[]
  readonly status: 'waiting' | 'approved' | 'rejected' | 'expired' | 'void'
  /** Who ended it and why, for rejected, expired and void. */
  readonly ended: { readonly by: Actor; readonly reason: string; readonly atMs: number } | null
}

// ----------------------------------------------------------------------------------------------- Rollout

export type RolloutPhase =
  | 'IDLE'
  | 'CANARY_10'
  | 'HEALTH_CHECK'
  | 'CANARY_50'
  | 'FULL_DEPLOY'
  | 'VERIFICATION'
  | 'SUCCESS'
  | 'ROLLBACK'

/** Requests and errors, and how many requests were slower than each edge, in one stretch of time. */
export interface SideCounts {
  readonly requests: number
  readonly errors: number
  /** One count for each of `Rollout.latencyEdgesMs`: requests slower than that edge. */
  readonly slower: readonly number[]
  /** By how much its use of resources grew; what was not measured, or began anew with its process, is absent. */
  readonly grown?: ResourceLevels
}

/** What a version's processes use at one moment, or by how much that grew. */
export interface ResourceLevels {
  readonly openFiles?: number
  readonly memoryBytes?: number
}

/** One stretch of time in which control and canary served side by side. */
export interface Block {
  readonly fromMs: number
  readonly toMs: number
  readonly weightPercent: number
  readonly canary: SideCounts
  readonly control: SideCounts
}

/** Raw counters of one version at one moment; differences of two make a block. */
export interface CounterReading {
  readonly atMs: number
  readonly version: string
  readonly requests: number
  readonly errors: number
  /** Cumulative histogram: requests at or under each edge. */
  readonly buckets: readonly { readonly leMs: number; readonly count: number }[]
  /** What its processes use now, where they say. */
  readonly uses?: ResourceLevels
}

export interface Rollout {
  readonly incidentId: string
  readonly service: string
  /** What the canary runs: a commit of the code and, where it is a pair, one of the configuration. */
  readonly commit: string
  readonly configCommit?: string
  readonly controlVersion: string
  readonly canaryVersion: string
  readonly phase: RolloutPhase
  readonly weightPercent: number
  /**
   * Fixed before the canary starts: the control's p50, p95, p99, rounded up to bucket edges; then, where slow answers are to be
   * cured, the edge from which an answer counts as slow.
   */
  readonly latencyEdgesMs: readonly number[]
  /** What a fix has to be shown to cure, fixed before the canary starts; absent: errors. */
  readonly cures?: readonly CureSignal[]
  /** Of the version that exhausts a resource, as the diagnosis measured it: what a fix must be seen to end. */
  readonly growthBefore?: { readonly resource: Resource; readonly perRequest: number }
  readonly blocks: readonly Block[]
  /** The last readings, from which the next block is differenced. */
  readonly lastReadings: readonly CounterReading[]
  readonly startedAtMs: number
  readonly phaseSinceMs: number
  readonly deadlineMs: number
  /** Reads without an answer in a row; the weight stays frozen meanwhile. */
  readonly unreadable: number
  readonly health: { readonly healthy: boolean; readonly detail: string } | null
  /** Why it was rolled back, once it is. */
  readonly rollbackReason: string | null
  /** Who decided so: a look at the canary, a person, or a fault of the rollout itself. */
  readonly rolledBackBy?: 'verdict' | 'person' | 'fault'
}

// ----------------------------------------------------------------------------------------------- Verdict

export type SignalName =
  | 'error_ratio'
  | 'latency_p50'
  | 'latency_p95'
  | 'latency_p99'
  /** Answers slower than the service's latency objective allows. */
  | 'slow_ratio'
  /** By how much the use of a resource grows for each request. */
  | 'growth'
  /** Errors against the objective, once the control is out of service. */
  | 'objective'
  /** Slow answers against the objective, likewise. */
  | 'objective_latency'

/** The incident's own signal: what must fall before a fix counts as a cure. */
export type CureSignal = Extract<SignalName, 'error_ratio' | 'slow_ratio' | 'growth'>

/**
 * One signal, control against canary over all blocks so far. p-values are anytime-valid: min(1, 1/E). Of `growth` x is what
 * was added while n requests were served, and the control's ratio that of the old version before the rollout.
 */
export interface SignalVerdict {
  readonly signal: SignalName
  /** Of a latency signal: an answer slower than this is an event. */
  readonly edgeMs?: number
  /** Of growth. */
  readonly resource?: Resource
  readonly canary: { readonly n: number; readonly x: number; readonly ratio: number | null }
  readonly control: { readonly n: number; readonly x: number; readonly ratio: number | null }
  /** Canary minus control, with its confidence sequence at `level`; null without data on both sides. */
  readonly difference: number | null
  readonly interval: readonly [number, number] | null
  readonly level: number
  /** Natural logarithms of the e-values. */
  readonly logEHarm: number
  readonly logENoHarm: number
  readonly logECure: number | null
  readonly pHarm: number
  readonly pNoHarm: number
  readonly pCure: number | null
}

export interface Verdict {
  readonly incidentId: string
  readonly decision: 'pass' | 'fail' | 'inconclusive'
  /** In words, with the numbers that decided. */
  readonly reason: string
  readonly signals: readonly SignalVerdict[]
  readonly harm: boolean
  readonly noHarm: boolean
  /** Null for a plain deploy, where nothing is to be cured. */
  readonly cured: boolean | null
  readonly objectiveMet: boolean | null
  readonly trafficSplitOk: boolean
  readonly requestsSeen: number
  readonly computeMs: number
}

// ------------------------------------------------------------------------------------- around an incident

/** Another incident, as far as a thread has to name it. */
export interface IncidentLink {
  readonly incidentId: string
  readonly title: string
  readonly atMs: number
}

/** Why the machine stopped for a person. */
export interface HandOver {
  readonly reason: string
  readonly atMs: number
}

/**
 * One try at a fix that is over, kept so that the thread goes on showing it. What the next try takes over (the cause,
 * when only the fix was wrong) is null here and stays in the record.
 */
export interface Attempt {
  readonly diagnosis: Diagnosis | null
  readonly location: Location | null
  readonly plan: FixPlan | null
  readonly patch: Patch | null
  readonly gates: GateReport | null
  readonly approval: Approval | null
  readonly rollout: Rollout | null
  readonly verdict: Verdict | null
  readonly handOver: HandOver | null
  readonly endedAtMs: number
}
