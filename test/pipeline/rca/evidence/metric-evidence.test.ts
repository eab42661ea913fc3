import { describe, expect, it } from 'vitest'
import {
  metricObservations,
  serviceAnomalies,
} from '../../../../src/pipeline/rca/evidence/metric-evidence.ts'
import { seriesDeviations } from '../../../../src/pipeline/rca/series-deviation.ts'
import { NOW, series, SETTINGS, type SeriesSpec } from '../builders.ts'

function say(...specs: readonly Omit<SeriesSpec, 'service'>[]): ReadonlyMap<string, number> {
  const metrics = specs.map((spec) => series({ service: 'payment', sinceS: 60, ...spec }))
  const anomaly = serviceAnomalies(seriesDeviations(metrics, NOW - 60, SETTINGS.deviation)).get('payment')
  const found = anomaly === undefined ? [] : metricObservations(anomaly)
  return new Map(found.map(({ feature, value }) => [feature, value]))
}

describe('what metrics say of a service', () => {
  it.each(['cpu_usage', 'memory_usage', 'disk_usage', 'open_fds', 'open_sockets'])(
    '%s that rises is a resource under strain',
    (name) => {
      expect(say({ name, before: 20, during: 80 }).get('resource')).toBeGreaterThan(1)
    },
  )

  it.each(['cpu_usage', 'memory_usage'])(
    '%s that falls is less work, as when requests no longer arrive',
    (name) => {
      const found = say({ name, before: 80, during: 20 })
      expect(found.get('traffic')).toBeGreaterThan(1)
      expect(found.has('resource')).toBe(false)
    },
  )

  it.each(['network_receive', 'syscall_write_rate'])('%s follows the work, whichever way it goes', (name) => {
    for (const during of [2000, 100]) {
      const found = say({ name, unit: 'bytes/s', before: 20_000, during: 20_000 * (during / 1000) })
      expect(found.get('traffic')).toBeGreaterThan(1)
      expect(found.has('resource')).toBe(false)
    }
  })

  it('latency counts when it rises and success when it falls', () => {
    const worse = say(
      { name: 'latency_p95', before: 0.05, during: 0.4 },
      { name: 'success_ratio', before: 1, during: 0.7 },
    )
    expect([worse.get('latency'), worse.get('error')].every((value) => (value ?? 0) > 1)).toBe(true)
    const better = say(
      { name: 'latency_p95', before: 0.4, during: 0.05 },
      { name: 'success_ratio', before: 0.7, during: 1 },
    )
    expect([better.get('latency'), better.get('error')]).toEqual([0, 0])
  })
})
