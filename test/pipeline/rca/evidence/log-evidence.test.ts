import { describe, expect, it } from 'vitest'
import { callGraph } from '../../../../src/pipeline/rca/call-graph.ts'
import { callerLogObservations, logObservations } from '../../../../src/pipeline/rca/evidence/log-evidence.ts'
import type { FeatureName } from '../../../../src/pipeline/rca/features.ts'
import { mineLogs } from '../../../../src/pipeline/rca/mined-log.ts'
import type { LogLine } from '../../../../src/pipeline/signals/telemetry.ts'
import { incidentCase, logLine, NOW } from '../builders.ts'

const WINDOW = { start: NOW - 120, reportedAt: NOW, detectedAt: NOW, periodS: 10 }

const usual = (from: number, to: number, line = 'INFO served order 1'): LogLine[] =>
  Array.from({ length: from - to }, (_, k) => logLine('payment', from - k, line))

function observe(lines: readonly LogLine[]): (feature: FeatureName) => number {
  const found = logObservations(mineLogs(lines), NOW - 60, WINDOW).get('payment') ?? []
  return (feature) => found.find((one) => one.feature === feature)?.value ?? 0
}

describe('what logs say', () => {
  it('counts error lines beyond those that were usual', () => {
    expect(
      observe([...usual(300, 0), ...usual(50, 10, 'ERROR charge failed: TypeError')])('logErrors'),
    ).toBeGreaterThan(1)
    const always = [...usual(300, 0), ...usual(300, 0, 'ERROR cache miss')]
    expect(observe(always)('logErrors')).toBe(0)
  })

  it('counts the errors of a log since they began there, wherever the incident as a whole seems to begin', () => {
    const early = [...usual(300, 0), ...usual(110, 70, 'ERROR charge failed: TypeError')]
    expect(observe(early)('logErrors')).toBeGreaterThan(1)
  })

  it('notices lines of a new form and lines that are missing', () => {
    const value = observe([
      ...usual(300, 0),
      ...usual(300, 60, 'INFO receipt sent to customer'),
      ...usual(60, 0, 'INFO falling back to spool'),
    ])
    expect(value('logNovelty')).toBeGreaterThan(1)
    expect(value('logVanished')).toBeGreaterThan(1)
  })

  it('does not take numbers for news', () => {
    const numbered = Array.from({ length: 300 }, (_, k) =>
      logLine('payment', 300 - k, `INFO served order ${k}`),
    )
    expect(observe(numbered)('logNovelty')).toBe(0)
  })

  it('judges neither novelty nor absence without a past', () => {
    const found = logObservations(mineLogs(usual(50, 0)), NOW - 60, WINDOW).get('payment') ?? []
    expect(found.map(({ feature }) => feature)).toEqual(['logErrors'])
  })

  it('tells what a service calls of its new errors', () => {
    const graph = callGraph(incidentCase(), [])
    const logs = logObservations(
      mineLogs(
        [...usual(300, 0), ...usual(50, 10, 'ERROR charge failed')].map((line) => ({
          ...line,
          service: 'checkout',
        })),
      ),
      NOW - 60,
      WINDOW,
    )
    expect(callerLogObservations('payment', graph, logs)[0]?.value).toBeGreaterThan(1)
    expect(callerLogObservations('gateway', graph, logs)).toEqual([])
  })
})
