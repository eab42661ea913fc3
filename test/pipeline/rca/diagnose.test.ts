import { describe, expect, it } from 'vitest'
import type { Incident } from '../../../src/pipeline/contracts.ts'
import { CcpError } from '../../../src/pipeline/errors.ts'
import { diagnose, type DiagnoseDeps } from '../../../src/pipeline/rca/diagnose.ts'
import type { ServiceDefinition } from '../../../src/pipeline/services.ts'
import type { LogLine, MetricSeries } from '../../../src/pipeline/signals/telemetry.ts'
import { deploy, logLine, NOW, series, SETTINGS, shopMetrics } from './builders.ts'

const INCIDENT: Incident = {
  incidentId: 'inc-1',
  title: 'gateway: error rate above 5 %',
  service: 'gateway',
  urgency: 'high',
  source: { kind: 'error-rate-watch' },
  detectedAtMs: NOW * 1000,
  signals: [],
}

const service = (name: string, dependsOn: readonly string[]): ServiceDefinition => ({
  name,
  repository: `repositories/${name}`,
  branch: 'main',
  language: 'python',
  dependsOn,
  criticality: 'high',
  pagerdutyServiceIds: [],
  codeRoots: [],
  testCommand: null,
  startCommand: null,
  environment: {},
  healthPath: '/healthz',
  objective: { errorRatio: 0.01, latencyP95Ms: null },
  protectedPaths: [],
})

const SERVICES = [
  service('gateway', ['checkout']),
  service('checkout', ['payment', 'inventory']),
  service('payment', []),
  service('inventory', []),
]

/** 40 s of history at 0.5 s, then 6 s in which orders without an address make payment fail. */
const TIMING = { historyS: 46, periodS: 0.5, sinceS: 6 }

const metricsOf = (timing: typeof TIMING): readonly MetricSeries[] => [
  ...shopMetrics({ gateway: { success: 0.72 }, checkout: { success: 0.72 } }, timing).filter(
    (one) => one.service !== 'payment',
  ),
  series({ service: 'payment', instance: 'v30', name: 'success_ratio', before: 1, ...timing }),
  series({
    service: 'payment',
    instance: 'v31',
    name: 'success_ratio',
    before: 0.72,
    ...timing,
    historyS: 7,
  }),
  series({
    service: 'checkout',
    name: 'client_success_ratio',
    before: 1,
    during: 0.72,
    ...timing,
    edge: ['checkout', 'payment'],
  }),
]
const METRICS = metricsOf(TIMING)

const TRACE = `2023-11-14T22:13:15.000Z ERROR charge failed
Traceback (most recent call last):
  File "/app/payment/app.py", line 88, in charge
    lines = receipt_lines(order)
  File "/app/payment/receipt.py", line 41, in receipt_lines
    zip_code = order["billing"]["address"]["zip"]
TypeError: 'NoneType' object is not subscriptable`

const LOGS: readonly LogLine[] = [
  ...Array.from({ length: 40 }, (_, k) => logLine('payment', 40 - k, `INFO charged order ${k}`)),
  ...Array.from({ length: 12 }, (_, k) => logLine('payment', 5 - k * 0.4, TRACE)),
]

const CHANGES = [
  deploy({
    id: 'v31',
    service: 'payment',
    at: NOW - 8,
    summary: 'v30 -> v31',
    newInstances: ['v31'],
    oldInstances: ['v30'],
    commit: 'c3',
    previousCommit: 'c1',
  }),
  deploy({
    id: 'c3',
    service: 'payment',
    kind: 'commit',
    at: NOW - 3000,
    summary: 'readme: the steps of a charge',
    files: ['README.md'],
  }),
  deploy({
    id: 'c2',
    service: 'payment',
    kind: 'commit',
    at: NOW - 4000,
    summary: 'receipt: print the billing address',
    files: ['payment/receipt.py'],
  }),
  deploy({
    id: 'c1',
    service: 'payment',
    kind: 'commit',
    at: NOW - 9000,
    summary: 'fees: maestro',
    files: ['payment/fees.py'],
  }),
  deploy({ id: 'inventory-v4', service: 'inventory', at: NOW - 900, summary: 'v3 -> v4' }),
]

function deps(overrides: Partial<DiagnoseDeps> = {}): DiagnoseDeps {
  return {
    metrics: { seriesBetween: async () => METRICS },
    logs: [{ linesBetween: async () => LOGS }],
    spans: null,
    changes: [{ changesBetween: async () => CHANGES }],
    topology: { topology: async () => ({ nodes: [], edges: [] }) },
    services: SERVICES,
    settings: SETTINGS,
    nowMs: () => NOW * 1000,
    ...overrides,
  }
}

async function diagnosis(overrides: Partial<DiagnoseDeps> = {}, incident: Partial<Incident> = {}) {
  const outcome = await diagnose({ ...INCIDENT, ...incident }, deps(overrides))
  if (outcome.kind !== 'done') throw new Error(`expected a diagnosis, got ${outcome.kind}`)
  return outcome.value
}

/** The same failures, thrown where payment asks a company outside; nothing was deployed. */
const FLAKY = TRACE.replace('receipt_lines(order)', 'rate_of(order)')
  .replace('receipt.py", line 41, in receipt_lines', 'bank.py", line 9, in rate_of')
  .replace(/TypeError: .*/, 'urllib.error.HTTPError: HTTP Error 503: Service Unavailable')

describe('diagnose', () => {
  it('names the service whose call to somebody outside fails, and says that nothing was changed in it', async () => {
    const logs = LOGS.map((each) => ({ ...each, line: each.line.replace(TRACE, FLAKY) }))
    const { hypotheses, abstained } = await diagnosis({
      changes: [{ changesBetween: async () => [] }],
      logs: [{ linesBetween: async () => logs }],
    })
    expect(abstained).toBeNull()
    expect(hypotheses[0]).toMatchObject({ service: 'payment', change: null })
    expect(hypotheses[0]?.summary).toContain(
      'payment is probably the cause, though nothing was changed in it; it throws urllib.error.HTTPError: HTTP Error 503: Service Unavailable at bank.py:9, where what it calls answered 503;',
    )
  })

  it('tells what a model made of it, and is without it the same but for that', async () => {
    const summary = 'payment throws since its deploy.'
    const review = async () => ({ kind: 'answered' as const, order: ['payment'], summary })
    const { review: told, ...rest } = await diagnosis({ reviewer: { model: 'm-1', review } })
    expect(told).toMatchObject({ model: 'm-1', outcome: 'kept', summary })
    expect(rest).toEqual(await diagnosis())
  })

  it('says of commits how old they are', async () => {
    const changes = {
      changesBetween: async (_: unknown, lack: ((text: string) => void) | undefined) => {
        lack?.('commits: the repository of payment cannot be reached')
        return CHANGES
      },
    }
    expect((await diagnosis({ changes: [changes] })).missing).toContain(
      'commits: the repository of payment cannot be reached',
    )
  })

  it('says what a sample of traces lacks', async () => {
    const told =
      'sample of traces: Jaeger answered only 3 of 20 searches in 2500 ms; fewer requests are compared'
    const spans = {
      spansBetween: async (_: unknown, lack: ((text: string) => void) | undefined) => {
        lack?.(told)
        return []
      },
    }
    expect((await diagnosis({ spans })).missing).toContain(told)
  })

  it('finds the deploy two calls below the page, within seconds of the fault', async () => {
    const { hypotheses, abstained } = await diagnosis()
    expect(abstained).toBeNull()
    expect(hypotheses[0]).toMatchObject({
      service: 'payment',
      change: { id: 'v31' },
      path: ['payment', 'checkout', 'gateway'],
    })
    expect(hypotheses[0]?.confidence).toBeGreaterThan(0.8)
  })

  it('names the release behind slow answers by latency alone, and says so', async () => {
    const slow = { latency: 1.2 }
    const metrics = shopMetrics({ gateway: slow, checkout: slow, payment: slow }, TIMING)
    const { hypotheses, abstained, fault, stackTrace } = await diagnosis({
      metrics: { seriesBetween: async () => metrics },
      logs: [{ linesBetween: async () => LOGS.filter(({ line }) => !line.includes('Traceback')) }],
    })
    expect(abstained).toBeNull()
    expect(hypotheses[0]).toMatchObject({ service: 'payment', change: { id: 'v31' } })
    expect(hypotheses[0]?.path).toEqual(['payment', 'checkout', 'gateway'])
    expect(fault).toMatchObject({ kind: 'slow-answers', usualMs: expect.closeTo(50, -1) })
    expect(stackTrace).toBeNull()
    expect(hypotheses[0]?.summary).toMatch(/it answers slowly: its latency p95 rose from \d/)
    expect(
      hypotheses[0]?.evidenceFor.some(({ kind, text }) => kind === 'metric' && /latency/.test(text)),
    ).toBe(true)
  })

  it('says that what throws for want of a resource is a victim', async () => {
    const full = TRACE.replace(/TypeError: .*/, 'OSError: [Errno 24] Too many open files')
    const { fault, hypotheses } = await diagnosis({
      logs: [
        {
          linesBetween: async () =>
            LOGS.map((one) => ({ ...one, line: one.line === TRACE ? full : one.line })),
        },
      ],
    })
    expect(fault).toMatchObject({ kind: 'exhaustion', resource: 'open files', perRequest: null })
    expect(hypotheses[0]?.summary).toContain('it runs out of open files: OSError')
    expect(hypotheses[0]?.summary).toContain('What throws is a victim')
  })

  it('finds it as well after half an hour of undisturbed service', async () => {
    const metrics = metricsOf({ historyS: 1800, periodS: 1, sinceS: 6 })
    const { hypotheses } = await diagnosis({ metrics: { seriesBetween: async () => metrics } })
    expect(hypotheses[0]).toMatchObject({ service: 'payment', change: { id: 'v31' } })
    expect(hypotheses[0]?.confidence).toBeGreaterThan(0.8)
  })

  it('finds it again while the incident goes on, longer than the service had run before', async () => {
    const metrics = { seriesBetween: async () => metricsOf({ historyS: 70, periodS: 0.5, sinceS: 40 }) }
    expect((await diagnosis({ metrics })).abstained).not.toBeNull()
    const { abstained, hypotheses } = await diagnosis({ metrics }, { detectedAtMs: (NOW - 35) * 1000 })
    expect(abstained).toBeNull()
    expect(hypotheses[0]).toMatchObject({ service: 'payment' })
  })

  it('finds it from metrics and deploys alone, without a line of log', async () => {
    const { hypotheses, stackTrace } = await diagnosis({ logs: [{ linesBetween: async () => [] }] })
    expect(hypotheses[0]).toMatchObject({ service: 'payment', change: { id: 'v31' } })
    expect(stackTrace).toBeNull()
  })

  it('hands on the exception and says which commit of the deploy touched its file', async () => {
    const { stackTrace, hypotheses } = await diagnosis()
    expect(stackTrace).toMatchObject({ type: 'TypeError' })
    const said = hypotheses[0]?.evidenceFor.map(({ text }) => text).join('\n') ?? ''
    expect(said).toContain('commit c2 "receipt: print the billing address" touched payment/receipt.py')
    expect(said).not.toContain('c1')
  })

  it('says in one sentence who, by what, and who only suffers', async () => {
    const { hypotheses } = await diagnosis()
    const summary = hypotheses[0]?.summary ?? ''
    expect(summary).toContain('payment is probably the cause, since its deploy 8 s ago')
    expect(summary).toContain("TypeError: 'NoneType' object is not subscriptable at receipt.py:41")
    expect(summary).toContain('checkout and gateway suffer from it')
  })

  it('words the symptom with its numbers', async () => {
    expect((await diagnosis()).symptom.text).toMatch(/^gateway: success ratio fell from 100 % to \d/)
  })

  it('goes on without a source that is down, and names it', async () => {
    const down = {
      seriesBetween: async () =>
        Promise.reject(new CcpError('unavailable', 'Prometheus at :9090 refused the connection')),
    }
    const { hypotheses, missing } = await diagnosis({ metrics: down })
    expect(missing.join('\n')).toContain(
      'metrics: Prometheus at :9090 refused the connection; anomalies are not judged',
    )
    expect(hypotheses[0]?.service).toBe('payment')
  })

  it('goes on with the logs of one store where another does not answer, and names that one', async () => {
    const down = async () => Promise.reject(new CcpError('unavailable', 'Loki at :3100 cannot be reached'))
    const { missing, stackTrace } = await diagnosis({
      logs: [{ linesBetween: async () => LOGS }, { linesBetween: down }],
    })
    expect(missing).toContain('logs: Loki at :3100 cannot be reached; what only they hold is not judged')
    expect(stackTrace).not.toBeNull()
  })

  it('does not wait for a source beyond its deadline', async () => {
    const settings = { ...SETTINGS, gather: { ...SETTINGS.gather, deadlineMs: 20 } }
    const { missing } = await diagnosis({ settings, logs: [{ linesBetween: () => new Promise(() => {}) }] })
    expect(missing.join('\n')).toContain('logs: no answer within 20 ms')
  })

  it('abstains in words when the reported service is as usual', async () => {
    const { abstained } = await diagnosis({ metrics: { seriesBetween: async () => shopMetrics({}, TIMING) } })
    expect(abstained).toContain('gateway itself')
  })

  it('abstains where every source is down', async () => {
    const down = async () => Promise.reject(new CcpError('unavailable', 'down'))
    const { abstained, missing } = await diagnosis({
      metrics: { seriesBetween: down },
      logs: [{ linesBetween: down }],
      changes: [{ changesBetween: down }],
      topology: { topology: down },
    })
    expect(abstained).not.toBeNull()
    expect(missing.length).toBeGreaterThanOrEqual(4)
  })

  it('judges by the last known graph where the graph database is down, and says so', async () => {
    const outdated = 'Neo4j at bolt://graph:7687 cannot be reached; read last 3 minutes ago'
    const edges = [['payment', 'ledger']] as const
    const { missing, hypotheses } = await diagnosis({
      topology: { topology: async () => ({ nodes: ['payment', 'ledger'], edges, outdated }) },
    })
    expect(missing).toContain(`service graph as last known: ${outdated}`)
    expect(hypotheses[0]).toMatchObject({ service: 'payment' })
  })

  it('takes the title for the symptom where the page names no service of ours', async () => {
    expect((await diagnosis({}, { service: null })).symptom).toEqual({ service: null, text: INCIDENT.title })
  })

  it('is as sure as earlier diagnoses turned out to deserve, and says how they did', async () => {
    const judged = [false, false, true].map((right) => ({ logOdds: 2, right }))
    const pastIncidents = () => ({ stretches: [], causes: [], judged })
    const [before, after] = [await diagnosis({}), await diagnosis({ pastIncidents })]
    expect(after.hypotheses[0]?.confidence).toBeLessThan(before.hypotheses[0]?.confidence ?? 0)
    expect(after.lookedAt).toContain('how earlier diagnoses turned out: 1 of 3 named the right service')
    expect(after.confidenceShift).toBeLessThan(0)
    expect(before.confidenceShift).toBeUndefined()
  })

  it('is not misled by an earlier incident that lies in its history', async () => {
    const [fromS, toS] = [NOW - 40, NOW - 10]
    const troubled = METRICS.map((one) => ({
      ...one,
      v: one.v.map((value, at) => {
        const t = one.t[at] ?? 0
        return one.name === 'success_ratio' && value !== null && t > fromS && t < toS ? 0.72 : value
      }),
    }))
    const metrics = { seriesBetween: async () => troubled }
    expect((await diagnosis({ metrics })).abstained).not.toBeNull()
    const stretches = [{ fromMs: fromS * 1000, toMs: toS * 1000 }]
    const pastIncidents = () => ({ stretches, causes: [], judged: [] })
    const { abstained, hypotheses } = await diagnosis({ metrics, pastIncidents })
    expect(abstained).toBeNull()
    expect(hypotheses[0]).toMatchObject({ service: 'payment' })
  })
})
