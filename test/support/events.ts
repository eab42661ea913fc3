import type {
  Approval,
  Diagnosis,
  FixPlan,
  GateReport,
  Incident,
  Location,
  Patch,
  Rollout,
  Verdict,
} from '../../src/pipeline/contracts.ts'
import type { MachineEvent } from '../../src/pipeline/machine.ts'

/** The events of one incident that goes well, in order, with nouns as small as their types allow. */
export const INCIDENT_ID = 'pd-Q1'

export const incident: Incident = {
  incidentId: INCIDENT_ID,
  title: 'gateway: error ratio 20 %',
  service: 'gateway',
  urgency: 'high',
  source: { kind: 'pagerduty', pagerdutyId: 'Q1', htmlUrl: null },
  detectedAtMs: 1_000,
  signals: [
    {
      source: { kind: 'pagerduty', pagerdutyId: 'Q1', htmlUrl: null },
      service: 'gateway',
      summary: 'gateway: error ratio 20 %',
      atMs: 1_000,
    },
  ],
}

export const diagnosis: Diagnosis = {
  incidentId: INCIDENT_ID,
  symptom: { service: 'gateway', text: 'gateway answers 20 % of requests with 5xx' },
  hypotheses: [
    {
      service: 'payment',
      change: null,
      confidence: 0.9,
      summary: 'payment fails since its deploy',
      evidenceFor: [],
      evidenceAgainst: [],
      path: ['payment', 'checkout', 'gateway'],
    },
  ],
  abstained: null,
  stackTrace: null,
  failingInput: null,
  lookedAt: [],
  missing: [],
  computeMs: 5,
}

export const location: Location = {
  incidentId: INCIDENT_ID,
  service: 'payment',
  repository: 'payment.git',
  baseCommit: 'a'.repeat(40),
  language: 'python',
  file: 'payment/receipt.py',
  line: 3,
  symbol: 'receipt',
  snippet: { firstLine: 3, lines: ['country = address["country"]'], markedLine: 3 },
  exception: { type: 'TypeError', message: "'NoneType' object is not subscriptable" },
  frames: [],
  blame: null,
  suspectCommit: null,
  failingInput: null,
  doubts: [],
}

export const plan: FixPlan = { incidentId: INCIDENT_ID, candidates: [], chosenId: 'template:none-guard' }

export const patch: Patch = {
  incidentId: INCIDENT_ID,
  candidateId: plan.chosenId,
  strategy: 'template',
  service: 'payment',
  repository: 'payment.git',
  baseCommit: location.baseCommit,
  branch: 'ccp/pd-Q1-none-guard',
  commit: 'b'.repeat(40),
  diff: '--- a\n+++ b\n',
  files: [{ path: 'payment/receipt.py', added: 1, removed: 1 }],
  regressionTest: { kind: 'none', reason: 'no failing input' },
  title: 'Guard address against None',
}

export const report: GateReport = {
  incidentId: INCIDENT_ID,
  patchCommit: patch.commit,
  results: [],
  passed: true,
  risk: { impact: 1, confidence: 0.9, complexity: 0.5, risk: 0.05, threshold: 0.5, tier: 'low', reasons: [] },
  sandbox: 'bubblewrap',
  durationMs: 100,
}

export const approval: Approval = {
  incidentId: INCIDENT_ID,
  bindingHash: 'c'.repeat(64),
  tier: 'low',
  quorum: [['on-call', 'lead']],
  requestedAtMs: 2_000,
  expiresAtMs: 1_802_000,
  votes: [],
  status: 'waiting',
  ended: null,
}

export const rollout: Rollout = {
  incidentId: INCIDENT_ID,
  service: 'payment',
  commit: patch.commit,
  controlVersion: 'v1',
  canaryVersion: 'v2',
  phase: 'IDLE',
  weightPercent: 0,
  latencyEdgesMs: [],
  blocks: [],
  lastReadings: [],
  startedAtMs: 3_000,
  phaseSinceMs: 3_000,
  deadlineMs: 63_000,
  unreadable: 0,
  health: null,
  rollbackReason: null,
}

export const verdict: Verdict = {
  incidentId: INCIDENT_ID,
  decision: 'pass',
  reason: 'no errors on the canary',
  signals: [],
  harm: false,
  noHarm: true,
  cured: true,
  objectiveMet: true,
  trafficSplitOk: true,
  requestsSeen: 100,
  computeMs: 1,
}

export function observed(
  step: 'advance' | 'wait' | 'hold' | 'rollBack',
  weightPercent: number,
): Extract<MachineEvent, { kind: 'observed' }> {
  return { kind: 'observed', rollout: { ...rollout, weightPercent }, verdict, step, reason: step }
}

export const vote = { teamId: 'T1', userId: 'U1', role: 'on-call', atMs: 2_500 } as const

export const happyPath: readonly MachineEvent[] = [
  { kind: 'opened', incident },
  { kind: 'diagnosed', diagnosis },
  { kind: 'located', location },
  { kind: 'planned', plan },
  { kind: 'patched', patch },
  { kind: 'gated', report, approval },
  { kind: 'voted', vote },
  { kind: 'locksAcquired' },
  { kind: 'canaryReady', rollout },
  { kind: 'weightSet', percent: 10, deadlineMs: 60_000 },
  observed('advance', 10),
  { kind: 'weightSet', percent: 50, deadlineMs: 60_000 },
  observed('advance', 50),
  { kind: 'weightSet', percent: 100, deadlineMs: 60_000 },
  observed('advance', 100),
  { kind: 'rolloutFinished' },
]
