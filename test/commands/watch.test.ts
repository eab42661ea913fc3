import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { watch, type WatchDeps } from '../../src/commands/watch.ts'
import type { AlertNews } from '../../src/pipeline/detection/ports.ts'
import type { TopologySource } from '../../src/pipeline/rca/ports.ts'
import { services, settings } from '../pipeline/detection/detect-context.ts'
import { memoryJournal } from '../support/memory-journal.ts'

const alert = (fingerprint: string, service: string, kind: AlertNews['kind'] = 'firing'): AlertNews => ({
  kind,
  fingerprint,
  labels: { service },
  summary: `${service} fails`,
  startsAtMs: 1_000,
  groupKey: 'g',
  url: null,
  atMs: 2_000,
})

const NONE = { everyMs: 30_000, thresholds: [], seasonal: [] }

function watching(topology?: TopologySource) {
  const journal = memoryJournal()
  const deps = {
    journal,
    services,
    settings: {
      ...settings,
      errorRateWatch: null,
      metricWatches: NONE,
      pollEveryMs: 60_000,
      scrapeEveryMs: 60_000,
      lookBackMs: 1,
    },
    queries: null,
    topology,
    pages: { pagesSince: async () => [] },
    report: () => undefined,
    nowMs: () => 2_000,
  } as unknown as WatchDeps
  return { journal, ...watch(deps) }
}

describe('watches of a metric server', () => {
  it('are refused where there is none', () => {
    const seasonal = [{ name: 'orders' }]
    const deps = {
      services,
      settings: { ...settings, errorRateWatch: null, metricWatches: { ...NONE, seasonal } },
      queries: null,
    } as unknown as WatchDeps
    expect(() => watch(deps)).toThrow('which only a Prometheus server can answer')
  })
})

describe('the calls that were observed', () => {
  it('join alerts whose services no file declares to call each other', async () => {
    const topology = { nodes: [], edges: [['newsletter', 'payment'] as const] }
    const { journal, acceptAlerts, start, stop } = watching({ topology: async () => topology })
    start()
    await setImmediate() // the graph has been read
    stop()
    acceptAlerts([alert('a1', 'newsletter'), alert('a2', 'payment')])
    expect(journal.submissions.map(({ event }) => event.kind)).toEqual(['opened', 'signalJoined'])
  })
})

describe('alerts that a webhook brought', () => {
  it('go into the journal one by one, each judged with what the one before it did', () => {
    const { journal, acceptAlerts } = watching()
    acceptAlerts([alert('a1', 'checkout'), alert('a2', 'payment'), alert('a3', 'newsletter')])
    const kinds = journal.submissions.map(({ incidentId, event }) => [incidentId, event.kind])
    expect(kinds).toEqual([
      ['am-a1-1000', 'opened'],
      ['am-a1-1000', 'signalJoined'],
      ['am-a3-1000', 'opened'],
    ])
  })

  it('change nothing when the same delivery comes again, whole or in part', () => {
    const { journal, acceptAlerts } = watching()
    const delivery = [alert('a1', 'checkout'), alert('a2', 'payment')]
    acceptAlerts(delivery.slice(0, 1))
    acceptAlerts(delivery)
    acceptAlerts(delivery)
    expect(journal.submissions).toHaveLength(2)
  })

  it('end the incident with the last of them', () => {
    const { journal, acceptAlerts } = watching()
    acceptAlerts([alert('a1', 'checkout'), alert('a2', 'payment')])
    acceptAlerts([alert('a1', 'checkout', 'resolved')])
    expect(journal.record('am-a1-1000')?.state).toBe('DIAGNOSING')
    acceptAlerts([alert('a2', 'payment', 'resolved')])
    expect(journal.record('am-a1-1000')?.state).toBe('CLOSED')
  })
})
