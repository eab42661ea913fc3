import { describe, expect, it } from 'vitest'
import { followLink, leaderOf, linkToLeader, type LinkDeps } from '../../src/pipeline/execute-link.ts'
import type { IncidentRecord, IncidentState } from '../../src/pipeline/machine.ts'
import type { MetricSeries } from '../../src/pipeline/signals/telemetry.ts'
import type { ServiceDefinition } from '../../src/pipeline/services.ts'
import { INCIDENT, RECORDS } from '../support/incident-records.ts'
import { memoryJournal } from '../support/memory-journal.ts'

const LEADER = 'pd-LEADER'
const FIXED_MS = 1_000_000

function incidentNamed(incidentId: string, change: Partial<IncidentRecord> = {}): IncidentRecord {
  const record = { ...RECORDS.diagnosed, ...change }
  return { ...record, incident: { ...record.incident, incidentId, title: `title of ${incidentId}` } }
}

/** The leader at its end, and the one that waits for it. */
const linkedTo = { incidentId: LEADER, title: 'title of pd-LEADER', atMs: 1 }
const waiting = { ...RECORDS.diagnosed, state: 'LINKED', linkedTo } as const
const resolved = incidentNamed(LEADER, { state: 'RESOLVED', stateSinceMs: FIXED_MS })

/** 100 requests a second of the gateway, of which this share succeeds. */
function gateway(success: number, p95Sec = 0.02): readonly MetricSeries[] {
  const t = [1_000, 1_001, 1_002, 1_003]
  const one = (name: string, value: number): MetricSeries => ({
    service: 'gateway',
    instance: 'v1',
    name,
    unit: '',
    t,
    v: t.map(() => value),
  })
  return [one('request_rate', 100), one('success_ratio', success), one('latency_p95', p95Sec)]
}

const services = [
  { name: 'gateway', objective: { errorRatio: 0.01, latencyP95Ms: 300 }, dependsOn: [] },
] as unknown as readonly ServiceDefinition[]

function deps(
  leader: IncidentRecord | null,
  { series = gateway(1), sinceFixMs = 3_000 }: { series?: readonly MetricSeries[]; sinceFixMs?: number } = {},
): LinkDeps {
  return {
    journal: leader === null ? memoryJournal() : memoryJournal(leader),
    metrics: { seriesBetween: () => Promise.resolve(series) },
    services,
    nowMs: () => FIXED_MS + sinceFixMs,
  }
}

describe('an incident with the cause of another', () => {
  const mine = RECORDS.diagnosed
  const other = (state: IncidentState, detectedAtMs: number) => {
    const record = incidentNamed(LEADER, { state })
    return { ...record, incident: { ...record.incident, detectedAtMs } }
  }
  const { detectedAtMs } = mine.incident

  it.each(['PLANNING', 'AWAITING_APPROVAL', 'QUEUED', 'DEPLOYING'] as const)(
    'K1 waits for one that is in %s',
    (state) => {
      expect(leaderOf(mine, [other(state, detectedAtMs + 1)])?.incident.incidentId).toBe(LEADER)
    },
  )

  it.each(['DETECTED', 'DIAGNOSING', 'LINKED', 'HANDED_OVER'] as const)(
    'K1 does not wait for one that is in %s',
    (state) => expect(leaderOf(mine, [other(state, 0)])).toBeNull(),
  )

  it('K2 lets of two that are equally far exactly one wait, the one that came there later', () => {
    for (const at of [-1, 0, 1]) {
      const rival = { ...other('LOCALIZING', detectedAtMs), stateSinceMs: mine.stateSinceMs + at }
      const waits = [leaderOf(mine, [mine, rival]), leaderOf(rival, [mine, rival])]
      expect(waits.filter((leader) => leader !== null)).toHaveLength(1)
      if (at !== 0) expect(waits[0] !== null).toBe(at < 0)
    }
  })

  it('K1 has a fix of its own where service, change or diagnosis differ', () => {
    const busy = other('PLANNING', 0)
    const changed = (change: object) => {
      const diagnosis = busy.diagnosis
      const [first, ...rest] = diagnosis?.hypotheses ?? []
      return { ...busy, diagnosis: { ...diagnosis, hypotheses: [{ ...first, ...change }, ...rest] } }
    }
    const differ = [
      changed({ service: 'inventory' }),
      changed({ change: { ...busy.diagnosis?.hypotheses[0]?.change, id: 'another' } }),
      { ...busy, diagnosis: null },
    ] as readonly IncidentRecord[]
    for (const record of differ) expect(leaderOf(mine, [record])).toBeNull()
  })

  it('tells the one that it waits for', () => {
    const journal = memoryJournal(mine, other('GATING', 0))
    const event = linkToLeader(mine, { ...deps(null), journal })
    expect(event).toMatchObject({ kind: 'linked', to: { incidentId: LEADER, title: 'title of pd-LEADER' } })
    expect(journal.record(LEADER)?.siblings).toMatchObject([{ incidentId: INCIDENT }])
  })
})

describe('an incident that waits for the fix of another', () => {
  it('goes on waiting while that is open', async () => {
    for (const state of ['GATING', 'AWAITING_APPROVAL', 'DEPLOYING'] as const)
      expect(await followLink(waiting, deps(incidentNamed(LEADER, { state })))).toEqual({ kind: 'linkOpen' })
  })

  it('K3 is resolved with it where its own symptom is measured to be gone', async () => {
    expect(await followLink(waiting, deps(resolved))).toEqual({
      kind: 'linkResolved',
      detail: '0.0 % of 400 requests of gateway failed since then',
    })
  })

  it('K3 is resolved as soon as a roll-back has stopped the pain', async () => {
    const mitigated = { title: 'Roll back', atMs: FIXED_MS }
    const calm = incidentNamed(LEADER, { state: 'AWAITING_APPROVAL', mitigated })
    expect(await followLink(waiting, deps(calm))).toMatchObject({ kind: 'linkResolved' })
  })

  it.each([
    ['fails', gateway(0.9)],
    ['is slow', gateway(1, 0.9)],
  ])('K3 is looked at anew where its service still %s a minute later', async (_, series) => {
    expect(await followLink(waiting, deps(resolved, { series }))).toEqual({ kind: 'linkOpen' })
    expect(await followLink(waiting, deps(resolved, { series, sinceFixMs: 61_000 }))).toMatchObject({
      kind: 'linkBroken',
    })
  })

  it('K3 is looked at anew where it still fails a minute after a roll-back, though the lasting fix is to come', async () => {
    const mitigated = { title: 'Roll back', atMs: FIXED_MS }
    const calm = incidentNamed(LEADER, { state: 'AWAITING_APPROVAL', mitigated })
    const below = [{ ...services[0], dependsOn: ['payment'] }] as readonly ServiceDefinition[]
    const look = { ...deps(calm, { series: gateway(0.9), sinceFixMs: 61_000 }), services: below }
    expect(calm.diagnosis?.hypotheses[0]?.service).toBe('payment')
    expect(await followLink(waiting, look)).toMatchObject({ kind: 'linkBroken' })
  })

  it('K4 is looked at anew only when a second fault below it, which is being worked on, is mended too', async () => {
    const [first, ...rest] = RECORDS.diagnosed.diagnosis?.hypotheses ?? []
    const diagnosis = {
      ...RECORDS.diagnosed.diagnosis,
      hypotheses: [{ ...first, service: 'ledger' }, ...rest],
    }
    const second = (state: IncidentState, stateSinceMs: number) =>
      incidentNamed('pd-SECOND', { state, stateSinceMs, diagnosis } as Partial<IncidentRecord>)
    const look = (other: IncidentRecord, series: readonly MetricSeries[], sinceFixMs: number) => {
      const below = [
        { ...services[0], dependsOn: ['payment'] },
        { ...services[0], name: 'payment', dependsOn: ['ledger'] },
      ] as readonly ServiceDefinition[]
      const journal = memoryJournal(resolved, other)
      return followLink(waiting, { ...deps(resolved, { series, sinceFixMs }), journal, services: below })
    }
    const failing = gateway(0.9)
    const mendedMs = FIXED_MS + 61_000
    expect(await look(second('DEPLOYING', FIXED_MS), failing, 61_000)).toEqual({ kind: 'linkOpen' })
    expect(await look(second('HANDED_OVER', FIXED_MS), failing, 61_000)).toMatchObject({ kind: 'linkBroken' })
    expect(await look(second('RESOLVED', mendedMs), failing, 62_000)).toEqual({ kind: 'linkOpen' })
    expect(await look(second('RESOLVED', mendedMs), failing, 122_000)).toMatchObject({ kind: 'linkBroken' })
    expect(await look(second('RESOLVED', mendedMs), gateway(1), 62_000)).toMatchObject({
      kind: 'linkResolved',
    })
  })

  it('K3 is handed over where nothing was measured', async () => {
    expect(await followLink(waiting, deps(resolved, { series: [] }))).toEqual({ kind: 'linkOpen' })
    const late = await followLink(waiting, deps(resolved, { series: [], sinceFixMs: 61_000 }))
    expect(late).toMatchObject({
      kind: 'linkEnded',
      reason: expect.stringContaining('could not be measured'),
    })
  })

  it('is handed over with it', async () => {
    const over = await followLink(waiting, deps(incidentNamed(LEADER, { state: 'HANDED_OVER' })))
    expect(over).toMatchObject({ kind: 'linkEnded', reason: expect.stringContaining('handed over') })
    expect(await followLink(waiting, deps(null))).toMatchObject({ kind: 'linkEnded' })
  })

  it('does nothing once it waits no longer', async () => {
    expect(await followLink({ ...waiting, state: 'CLOSED' }, deps(resolved))).toBeNull()
  })
})
