import type {
  Actor,
  Approval,
  Block,
  Diagnosis,
  FixPlan,
  GateReport,
  Incident,
  Location,
  Patch,
  Rollout,
  SignalVerdict,
  Verdict,
  Vote,
} from '../../src/pipeline/contracts.ts'
import { GATES } from '../../src/pipeline/contracts.ts'
import type { AccessPolicy } from '../../src/pipeline/access.ts'
import type { IncidentRecord, MachineEvent } from '../../src/pipeline/machine.ts'
import { next } from '../../src/pipeline/next.ts'

/** Nouns of one believable incident, full where test/support/events.ts is small, and the records they lead to. */
export const AT_MS = Date.UTC(2026, 2, 14, 2, 14, 5)
export const INCIDENT = 'pd-Q3RJ7'
export const TEAM = 'TWORKSPACE'
export const ON_CALL = 'UONCALL001'
export const LEAD = 'ULEAD00001'
export const OUTSIDER = 'UOUTSIDE01'

export const ACCESS: AccessPolicy = {
  members: [
    { teamId: TEAM, userId: ON_CALL, role: 'on-call', email: 'on-call@example.com' },
    { teamId: TEAM, userId: LEAD, role: 'lead', email: 'lead@example.com' },
  ],
  permissions: {
    approve: ['on-call', 'lead'],
    reject: ['on-call', 'lead'],
    pause: ['on-call', 'lead'],
    resume: ['on-call', 'lead'],
    rollBack: ['on-call', 'lead'],
    escalate: ['on-call', 'lead'],
    retry: ['lead'],
    nextFix: ['on-call', 'lead'],
    renewApproval: ['on-call', 'lead'],
  },
  approvals: {
    quorum: { low: [['on-call', 'lead']], medium: [['lead']], high: [['lead'], ['on-call', 'lead']] },
    expiresAfterMs: { low: 1_800_000, medium: 1_800_000, high: 900_000 },
  },
}

export const MACHINE: Actor = { kind: 'machine', part: 'test' }
export const person = (userId: string): Actor => ({ kind: 'person', teamId: TEAM, userId })

const source = {
  kind: 'pagerduty',
  pagerdutyId: 'Q3RJ7',
  htmlUrl: 'https://example.pagerduty.com/incidents/Q3RJ7',
} as const

export const incident: Incident = {
  incidentId: INCIDENT,
  title: 'gateway: 5xx ratio 8.4 % (limit 1 %)',
  service: 'gateway',
  urgency: 'high',
  source,
  detectedAtMs: AT_MS,
  signals: [{ source, service: 'gateway', summary: 'gateway: 5xx ratio 8.4 % (limit 1 %)', atMs: AT_MS }],
}

export const diagnosis: Diagnosis = {
  incidentId: INCIDENT,
  symptom: { service: 'gateway', text: 'gateway answers 8.4 % of POST /orders with 502, up from 0.1 %.' },
  hypotheses: [
    {
      service: 'payment',
      change: {
        id: 'deploy-payment-1f0c9a2',
        service: 'payment',
        kind: 'deploy',
        at: AT_MS / 1000 - 240,
        summary: 'payment 1f0c9a2: receipt: print the billing address',
        completedAt: AT_MS / 1000 - 230,
        newInstances: [],
        oldInstances: [],
        targetReplicas: null,
      },
      confidence: 0.92,
      summary:
        'payment crashes on orders without a billing address since its deploy 4 minutes before the page.',
      evidenceFor: [
        {
          kind: 'change',
          text: 'payment was deployed (1f0c9a2) 3 min 50 s before the first error',
          weight: 2.4,
        },
        {
          kind: 'log',
          text: "412 times TypeError: 'NoneType' object is not subscriptable, first at 02:10:15, never before",
          weight: 3.1,
        },
        {
          kind: 'metric',
          text: 'error ratio of payment 8.6 % (z = 41), of inventory unchanged at 0.1 %',
          weight: 1.9,
        },
        {
          kind: 'graph',
          text: 'gateway calls checkout, checkout calls payment: the errors travel that way',
          weight: 0.9,
        },
      ],
      evidenceAgainst: [{ kind: 'metric', text: 'latency of payment is unchanged', weight: -0.3 }],
      path: ['payment', 'checkout', 'gateway'],
    },
    {
      service: 'checkout',
      change: null,
      confidence: 0.05,
      summary: 'checkout fails by itself.',
      evidenceFor: [{ kind: 'metric', text: 'error ratio of checkout 8.5 %', weight: 1.2 }],
      evidenceAgainst: [{ kind: 'log', text: 'all errors of checkout name payment', weight: -2.6 }],
      path: ['checkout', 'gateway'],
    },
  ],
  abstained: null,
  stackTrace: {
    language: 'python',
    type: 'TypeError',
    message: "'NoneType' object is not subscriptable",
    frames: [
      {
        file: '/app/payment/receipt.py',
        line: 41,
        column: null,
        symbol: 'format_address',
        module: null,
        application: true,
      },
      {
        file: '/app/payment/charge.py',
        line: 88,
        column: null,
        symbol: 'charge',
        module: null,
        application: true,
      },
    ],
    cause: null,
  },
  failingInput: {
    kind: 'http',
    method: 'POST',
    path: '/charge',
    body: { order: 'o-1182', total: 4200, address: null, card: { number: '4111111111111111' } },
  },
  lookedAt: ['31 metrics of 4 services', '1,240 log lines', '2 deploys', '64 commits'],
  missing: ['no traces: the source is not configured'],
  computeMs: 212,
}

export const location: Location = {
  incidentId: INCIDENT,
  service: 'payment',
  repository: 'payment.git',
  baseCommit: '1f0c9a2d5b7e4c3f8a9b0c1d2e3f4a5b6c7d8e9f',
  language: 'python',
  file: 'payment/receipt.py',
  line: 41,
  symbol: 'format_address',
  snippet: {
    firstLine: 38,
    lines: [
      'def format_address(order):',
      '    """The billing address on one line."""',
      '    address = order.get("billing_address")',
      '    country = address["country"]',
      '    return f"{address[\'street\']}, {country}"',
    ],
    markedLine: 41,
  },
  exception: { type: 'TypeError', message: "'NoneType' object is not subscriptable" },
  frames: [],
  blame: {
    commit: '1f0c9a2d5b7e4c3f8a9b',
    author: 'Payments team',
    atMs: AT_MS - 7_200_000,
    subject: 'receipt: print the billing address',
  },
  suspectCommit: {
    commit: '1f0c9a2d5b7e4c3f8a9b',
    author: 'Payments team',
    atMs: AT_MS - 7_200_000,
    subject: 'receipt: print the billing address',
    because:
      'it wrote the failing line, and is the only one of the 3 deployed commits that touches a frame of the trace',
  },
  failingInput: diagnosis.failingInput,
  doubts: [],
}

export const plan: FixPlan = {
  incidentId: INCIDENT,
  chosenId: 'template:none-guard',
  candidates: [
    {
      candidateId: 'template:none-guard',
      strategy: 'template',
      title: 'Guard `address` against None in receipt.py:41',
      rationale:
        'Orders may lack a billing address: the schema has it optional. The receipt then prints none.',
      confidence: 0.86,
      confidenceBasis: 'worked 6 of 7 times',
      drawbacks: [],
      recipe: {
        kind: 'template',
        templateId: 'none-guard',
        file: 'payment/receipt.py',
        line: 41,
        newContent: '',
      },
      unavailable: null,
    },
    {
      candidateId: 'revert:1f0c9a2',
      strategy: 'revert-commit',
      title: 'Revert 1f0c9a2',
      rationale: 'Takes the failing code away.',
      confidence: 0.81,
      confidenceBasis: 'prior, no outcomes yet',
      drawbacks: ['the billing address is missing on all receipts again'],
      recipe: { kind: 'revert-commit', commit: '1f0c9a2' },
      unavailable: null,
    },
    {
      candidateId: 'ai',
      strategy: 'ai-patch',
      title: 'Patch written by a model',
      rationale: '',
      confidence: 0.4,
      confidenceBasis: 'prior, no outcomes yet',
      drawbacks: [],
      recipe: null,
      unavailable: 'no model is configured',
    },
  ],
}

const DIFF = `diff --git a/payment/receipt.py b/payment/receipt.py
index 5f2d1c0..9a41e77 100644
--- a/payment/receipt.py
+++ b/payment/receipt.py
@@ -38,5 +38,7 @@ def format_address(order):
     address = order.get("billing_address")
+    if address is None:
+        return ""
     country = address["country"]
     return f"{address['street']}, {country}"
`

export const patch: Patch = {
  incidentId: INCIDENT,
  candidateId: plan.chosenId,
  strategy: 'template',
  service: 'payment',
  repository: 'payment.git',
  baseCommit: location.baseCommit,
  branch: 'ccp/pd-Q3RJ7-none-guard',
  commit: '77c1e05b2a4d6f8091a3b5c7d9e0f1a2b3c4d5e6',
  diff: DIFF,
  files: [
    { path: 'payment/receipt.py', added: 2, removed: 0 },
    { path: 'tests/test_receipt_regression.py', added: 14, removed: 0 },
  ],
  regressionTest: {
    kind: 'generated',
    path: 'tests/test_receipt_regression.py',
    describes: 'a charge without billing address is answered with 200',
  },
  title: 'Guard address against None in receipt.py',
}

const GATE_SUMMARIES = [
  '2 files parse',
  '14 tests passed; the regression test fails before the patch and passes after',
  'no new finding (ruff 0.17.4)',
  'no new finding (pyright 1.1.414)',
  'no secret, no dangerous call',
  'risk 0.08, below 0.5',
  'no protected path, 16 lines of at most 200',
]

export const report: GateReport = {
  incidentId: INCIDENT,
  patchCommit: patch.commit,
  results: GATES.map((gate, index) => ({
    gate,
    status: 'passed',
    summary: GATE_SUMMARIES[index] ?? '',
    findings: [],
    tools: gate === 'lint' ? ['ruff 0.17.4'] : [],
    durationMs: 40 + index * 170,
  })),
  passed: true,
  risk: {
    impact: 0.8,
    confidence: 0.86,
    complexity: 0.7,
    risk: 0.08,
    threshold: 0.5,
    tier: 'low',
    reasons: ['payment is of high criticality', '1 file of the service, 2 lines', 'regression test passes'],
  },
  sandbox: 'bubblewrap 0.8.0',
  durationMs: 2_840,
}

export const failedReport: GateReport = {
  ...report,
  passed: false,
  results: report.results.map((result) =>
    result.gate === 'unit-tests'
      ? {
          ...result,
          status: 'failed',
          summary: '1 of 14 tests fails that passed before',
          findings: [
            {
              file: 'tests/test_receipt.py',
              line: 12,
              rule: 'pytest',
              message: "assert '' == 'Baker Street, GB'",
            },
          ],
        }
      : result.gate === 'security'
        ? { ...result, status: 'blocked', summary: 'the scanner did not start' }
        : result,
  ),
}

export const BINDING_HASH = 'c4f1'.repeat(16)

export const approval: Approval = {
  incidentId: INCIDENT,
  bindingHash: BINDING_HASH,
  tier: 'low',
  quorum: [['on-call', 'lead']],
  requestedAtMs: AT_MS + 9_000,
  expiresAtMs: AT_MS + 1_809_000,
  votes: [],
  status: 'waiting',
  ended: null,
}

export const fourEyes: Approval = { ...approval, tier: 'high', quorum: [['lead'], ['on-call', 'lead']] }

export const vote = (userId: string, role: Vote['role']): Vote => ({
  teamId: TEAM,
  userId,
  role,
  atMs: AT_MS + 60_000,
})

/** One block of traffic in which the control fails at `controlErrorRatio` and the canary at `canaryErrorRatio`. */
export function block(
  fromMs: number,
  weightPercent: number,
  ratios: { control: number; canary: number },
): Block {
  const total = 400
  const canary = Math.round((total * weightPercent) / 100)
  const side = (requests: number, ratio: number, wave: number) => {
    const errors = Math.min(requests, Math.round(requests * ratio * wave))
    return {
      requests,
      errors,
      slower: [requests * 0.5, requests * 0.05 * wave, requests * 0.01].map(Math.floor),
    }
  }
  const wave = 1 + 0.25 * Math.sin(fromMs / 3_000)
  return {
    fromMs,
    toMs: fromMs + 2_000,
    weightPercent,
    canary: side(canary, ratios.canary, 1),
    control: side(total - canary, ratios.control, wave),
  }
}

export const rollout: Rollout = {
  incidentId: INCIDENT,
  service: 'payment',
  commit: patch.commit,
  controlVersion: 'payment-1f0c9a2',
  canaryVersion: 'payment-77c1e05',
  phase: 'IDLE',
  weightPercent: 0,
  latencyEdgesMs: [10, 50, 100],
  blocks: [],
  lastReadings: [],
  startedAtMs: AT_MS + 70_000,
  phaseSinceMs: AT_MS + 70_000,
  deadlineMs: AT_MS + 670_000,
  unreadable: 0,
  health: { healthy: true, detail: 'answers GET /health with 200' },
  rollbackReason: null,
}

/** Blocks as measured from the start: 10 % for a while, then 50 %, then 100 %. */
export function blocks(
  counts: { ten: number; fifty?: number; full?: number },
  ratios = { control: 0.084, canary: 0.001 },
): readonly Block[] {
  const weights = [
    ...Array.from({ length: counts.ten }, () => 10),
    ...Array.from({ length: counts.fifty ?? 0 }, () => 50),
    ...Array.from({ length: counts.full ?? 0 }, () => 100),
  ]
  return weights.map((weight, index) => block(rollout.startedAtMs + 1_000 + index * 2_000, weight, ratios))
}

export function signalVerdict(over: Partial<SignalVerdict> = {}): SignalVerdict {
  return {
    signal: 'error_ratio',
    canary: { n: 320, x: 0, ratio: 0 },
    control: { n: 2_880, x: 242, ratio: 0.084 },
    difference: -0.084,
    interval: [-0.101, -0.061],
    level: 0.95,
    logEHarm: -2.1,
    logENoHarm: 1.6,
    logECure: 2.2,
    pHarm: 1,
    pNoHarm: 0.2,
    pCure: 0.11,
    ...over,
  }
}

export const inconclusive: Verdict = {
  incidentId: INCIDENT,
  decision: 'inconclusive',
  reason:
    'Not decided yet: errors: canary 0.00 % (0 of 320), control 8.40 % (242 of 2880), difference -10.1 to -6.1 points at 95 %; that nothing got worse is not proved.',
  signals: [
    signalVerdict(),
    signalVerdict({ signal: 'latency_p95', logECure: null, pCure: null, logENoHarm: 2.4, pNoHarm: 0.09 }),
  ],
  harm: false,
  noHarm: false,
  cured: false,
  objectiveMet: null,
  trafficSplitOk: true,
  requestsSeen: 3_200,
  computeMs: 1.4,
}

export const passed: Verdict = {
  ...inconclusive,
  decision: 'pass',
  reason:
    'Cured and no harm: errors: canary 0.00 % (0 of 1800), control 8.40 % (380 of 4520), difference -9.6 to -7.1 points at 95 %.',
  signals: [
    signalVerdict({ logENoHarm: 9, pNoHarm: 0.00012, logECure: 12, pCure: 6e-6 }),
    signalVerdict({
      signal: 'objective',
      control: { n: 0, x: 0, ratio: 0.01 },
      canary: { n: 1_200, x: 1, ratio: 0.0008 },
      logECure: null,
      pCure: null,
      pNoHarm: 0.003,
      interval: [-0.01, -0.004],
      difference: -0.0092,
    }),
  ],
  noHarm: true,
  cured: true,
  objectiveMet: true,
}

export const harmful: Verdict = {
  ...inconclusive,
  decision: 'fail',
  reason:
    'Worse: errors: canary 31.25 % (100 of 320), control 8.40 % (242 of 2880), difference +17.0 to +28.9 points at 95 %; evidence more than 1,000,000 where 100 decides.',
  signals: [
    signalVerdict({
      canary: { n: 320, x: 100, ratio: 0.3125 },
      difference: 0.2285,
      interval: [0.17, 0.289],
      logEHarm: 20,
      pHarm: 2e-9,
      pNoHarm: 1,
      pCure: 1,
    }),
    signalVerdict({ signal: 'latency_p95', edgeMs: 50, logECure: null, pCure: null, pHarm: 0.4, pNoHarm: 1 }),
  ],
  harm: true,
}

const observed = (
  verdict: Verdict,
  change: Partial<Rollout>,
  step: 'advance' | 'wait' | 'rollBack',
): MachineEvent => ({
  kind: 'observed',
  rollout: { ...rollout, ...change },
  verdict,
  step,
  reason: verdict.reason,
})

const TIMING = { observeEveryMs: 2_000, lockRetryMs: 1_000 }

/** The record that these events lead to, a second apart; persons' events are theirs, the others the machine's. */
export function recordAfter(
  ...events: readonly (MachineEvent | readonly [MachineEvent, Actor])[]
): IncidentRecord {
  let record: IncidentRecord | null = null
  let atMs = AT_MS
  for (const each of events) {
    const [event, actor]: readonly [MachineEvent, Actor] = 'kind' in each ? [each, MACHINE] : each
    const after = next(record, { event, actor, atMs }, TIMING)
    if (after === null) throw new Error(`no row answers ${event.kind} in ${record?.state ?? 'nothing'}`)
    record = after.record
    atMs += 1_000
  }
  if (record === null) throw new Error('no event')
  return record
}

const analysed: readonly MachineEvent[] = [
  { kind: 'opened', incident },
  { kind: 'diagnosed', diagnosis },
  { kind: 'located', location },
  { kind: 'planned', plan },
  { kind: 'patched', patch },
]
export const waiting: readonly MachineEvent[] = [...analysed, { kind: 'gated', report, approval }]
const approved: readonly (MachineEvent | readonly [MachineEvent, Actor])[] = [
  ...waiting,
  [{ kind: 'voted', vote: vote(ON_CALL, 'on-call') }, person(ON_CALL)],
]
const deploying = [...approved, { kind: 'locksAcquired' } as const, { kind: 'canaryReady', rollout } as const]
const atTen = [...deploying, { kind: 'weightSet', percent: 10, deadlineMs: rollout.deadlineMs } as const]
const TEN = { phase: 'HEALTH_CHECK', weightPercent: 10, blocks: blocks({ ten: 10 }) } as const
const measured = [...atTen, observed(inconclusive, TEN, 'wait')]
const atFull = [
  ...measured,
  observed(passed, TEN, 'advance'),
  { kind: 'weightSet', percent: 50, deadlineMs: rollout.deadlineMs } as const,
  observed(
    passed,
    { phase: 'HEALTH_CHECK', weightPercent: 50, blocks: blocks({ ten: 10, fifty: 8 }) },
    'advance',
  ),
  { kind: 'weightSet', percent: 100, deadlineMs: rollout.deadlineMs } as const,
]
const FULL = {
  phase: 'VERIFICATION',
  weightPercent: 100,
  blocks: blocks({ ten: 10, fifty: 8, full: 6 }),
} as const

const refuted = [
  ...atTen,
  observed(harmful, { ...TEN, blocks: blocks({ ten: 10 }, { control: 0.084, canary: 0.31 }) }, 'rollBack'),
  { kind: 'rolledBack', detail: 'all traffic on payment-1f0c9a2' } as const,
]
const revert = plan.candidates.find(({ strategy }) => strategy === 'revert-commit')
if (revert === undefined) throw new Error('the plan has no revert')
const revertPatch: Patch = {
  ...patch,
  candidateId: revert.candidateId,
  strategy: 'revert-commit',
  title: revert.title,
  branch: 'ccp/pd-Q3RJ7-revert',
}
/** Another fix, from its plan to the question. */
const second: readonly MachineEvent[] = [
  { kind: 'planned', plan: { ...plan, chosenId: revert.candidateId } },
  { kind: 'patched', patch: revertPatch },
  { kind: 'gated', report, approval: { ...approval, bindingHash: 'd5'.repeat(32) } },
]
const mitigated = [
  ...atFull.map((event) =>
    'kind' in event && event.kind === 'planned'
      ? { ...event, plan: { ...plan, lastingId: revert.candidateId } }
      : event,
  ),
  observed(passed, FULL, 'advance'),
  { kind: 'rolloutFinished' } as const,
]

const LINK = { incidentId: 'pd-OTHER', title: 'payment: 29 % of requests fail', atMs: AT_MS }

/** One record for every state that a thread can show. */
export const RECORDS = {
  opened: recordAfter({ kind: 'opened', incident }),
  abstained: recordAfter(
    { kind: 'opened', incident },
    {
      kind: 'diagnosed',
      diagnosis: {
        ...diagnosis,
        abstained: 'the two best hypotheses are too close (41 % and 38 %)',
        hypotheses: diagnosis.hypotheses.map((each) => ({ ...each, confidence: 0.4 })),
      },
    },
  ),
  causeElsewhere: recordAfter(
    { kind: 'opened', incident },
    {
      kind: 'diagnosed',
      diagnosis: {
        ...diagnosis,
        hypotheses: [],
        abstained: 'gateway itself, which the alert names, counts no more failures than before',
        ruledOut: [
          "checkout, gateway, inventory and payment: no more requests fail than before, by their own measure and their callers'",
          'all logs: no more errors in them than before',
          'a deploy or a change of configuration: there was none in the last 24 h',
        ],
        wouldSettle: [
          'what stands in front of gateway (load balancer or router, TLS, DNS, the network): gateway receives 30 requests/s where 40 were usual, so the missing ones end before they reach it',
        ],
        stackTrace: null,
        failingInput: null,
      },
    },
  ),
  nothingFound: recordAfter(
    { kind: 'opened', incident: { ...incident, service: null, source: { kind: 'error-rate-watch' } } },
    {
      kind: 'diagnosed',
      diagnosis: {
        ...diagnosis,
        hypotheses: [],
        abstained: 'no metric or log was within reach',
        stackTrace: null,
        failingInput: null,
        lookedAt: [],
      },
    },
  ),
  troubled: recordAfter(
    { kind: 'opened', incident },
    {
      kind: 'troubled',
      command: 'diagnose',
      message: 'Prometheus at 127.0.0.1:9090 does not answer; check that it runs',
      attempt: 3,
    },
  ),
  diagnosed: recordAfter(...analysed.slice(0, 2)),
  planned: recordAfter(...analysed.slice(0, 4)),
  gating: recordAfter(...analysed),
  gatesFailed: recordAfter(...analysed, { kind: 'gated', report: failedReport, approval: null }),
  awaitingApproval: recordAfter(...waiting),
  halfApproved: recordAfter(...analysed, { kind: 'gated', report, approval: fourEyes }, [
    { kind: 'voted', vote: vote(LEAD, 'lead') },
    person(LEAD),
  ]),
  pausedApproval: recordAfter(...waiting, [
    { kind: 'paused', reason: 'the freeze ends at three' },
    person(LEAD),
  ]),
  expired: recordAfter(...waiting, { kind: 'approvalExpired', bindingHash: BINDING_HASH }),
  rejected: recordAfter(...waiting, [{ kind: 'rejected', reason: 'it hides the error' }, person(LEAD)]),
  queued: recordAfter(...approved, { kind: 'locksBusy', by: ['pd-OTHER (payment)'] }),
  startingCanary: recordAfter(...deploying),
  canary10: recordAfter(...measured),
  unreadable: recordAfter(...measured, observed(inconclusive, { ...TEN, unreadable: 4 }, 'wait')),
  pausedCanary: recordAfter(...measured, [
    { kind: 'paused', reason: 'looking at the graph' },
    person(ON_CALL),
  ]),
  verifying: recordAfter(...atFull, observed(passed, FULL, 'wait')),
  rollingBack: recordAfter(
    ...atTen,
    observed(harmful, { ...TEN, blocks: blocks({ ten: 10 }, { control: 0.084, canary: 0.31 }) }, 'rollBack'),
  ),
  rolledBack: recordAfter(
    ...measured,
    [{ kind: 'rollBackRequested', reason: 'a person asked for it' }, person(ON_CALL)],
    { kind: 'rolledBack', detail: 'all traffic on payment-1f0c9a2' },
  ),
  refuted: recordAfter(...refuted),
  secondFixAsked: recordAfter(...refuted, ...second),
  mitigated: recordAfter(...mitigated),
  lastingFixAsked: recordAfter(...mitigated, ...second.slice(1)),
  resolved: recordAfter(...atFull, observed(passed, FULL, 'advance'), { kind: 'rolloutFinished' }),
  linked: recordAfter(...analysed.slice(0, 2), { kind: 'linked', to: LINK }),
  linkResolved: recordAfter(
    ...analysed.slice(0, 2),
    { kind: 'linked', to: LINK },
    { kind: 'linkResolved', detail: '0.0 % of 400 requests of gateway failed since then' },
  ),
  withSibling: recordAfter(...waiting, { kind: 'siblingLinked', sibling: LINK }),
  closed: recordAfter(...waiting, { kind: 'pageResolved' }),
  escalated: recordAfter(...waiting, [
    { kind: 'escalated', reason: 'need the Payments team' },
    person(ON_CALL),
  ]),
} as const satisfies Record<string, IncidentRecord>
