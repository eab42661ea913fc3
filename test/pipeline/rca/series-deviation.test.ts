import { describe, expect, it } from 'vitest'
import { PAST_METHODS } from '../../../src/pipeline/rca/past-scale.ts'
import { metricKind, seriesDeviations } from '../../../src/pipeline/rca/series-deviation.ts'
import { NOW, series, SETTINGS } from './builders.ts'

const START = NOW - 60
const of = (...metrics: ReturnType<typeof series>[]) => seriesDeviations(metrics, START, SETTINGS.deviation)

describe('deviation of a series from its past', () => {
  it('is signed: a rise counts up and not down', () => {
    const [one] = of(series({ service: 'a', name: 'cpu_usage', before: 20, during: 80, sinceS: 60 }))
    expect(one?.up).toBeGreaterThan(20)
    expect(one?.down).toBeLessThan(1)
    expect(one?.high).toBeCloseTo(80, -1)
  })

  it('does not call a flicker of a flat series abnormal', () => {
    const [one] = of(
      series({ service: 'a', name: 'latency_p95', before: 0.05, during: 0.0502, sinceS: 60, jitter: 0 }),
    )
    expect(one?.up).toBeLessThan(0.2)
  })

  it('expects spikes of a series that always spiked', () => {
    const spiky = series({ service: 'a', name: 'latency_p95', before: 0.05 })
    const v = spiky.v.map((value, k) => (k % 8 === 0 ? 0.6 : value))
    const [one] = of({ ...spiky, v })
    expect(one?.up).toBeLessThan(3)
  })

  it('judges a success ratio by its failures, not by its level', () => {
    const [one] = of(series({ service: 'a', name: 'success_ratio', before: 1, during: 0.97, sinceS: 60 }))
    expect(one?.down).toBeGreaterThan(5)
  })

  it('sees what has only just begun', () => {
    const [one] = of(series({ service: 'a', name: 'cpu_usage', before: 20, during: 80, sinceS: 10 }))
    expect(one?.up).toBeGreaterThan(10)
  })

  it('says nothing of a series without samples on one side', () => {
    expect(of(series({ service: 'a', name: 'cpu_usage', before: 20, historyS: 30 }))).toEqual([])
    const empty = series({ service: 'a', name: 'cpu_usage', before: 20 })
    expect(of({ ...empty, v: empty.v.map(() => null) })).toEqual([])
  })

  it('compares the failures of a young instance with the past of its peers, but not its memory', () => {
    const old = (name: string) => series({ service: 'a', instance: 'v1', name, before: 1 })
    const young = (name: string) => series({ service: 'a', instance: 'v2', name, before: 0.5, historyS: 30 })
    const found = of(old('success_ratio'), young('success_ratio'), old('memory_usage'), young('memory_usage'))
    const ofYoung = found.filter(({ series: { instance } }) => instance === 'v2')
    expect(ofYoung.map(({ kind }) => kind)).toEqual(['success'])
    expect(ofYoung[0]?.down).toBeGreaterThan(5)
  })

  it('knows metrics by their names', () => {
    expect(
      ['latency_p99', 'client_success_ratio', 'node_cpu_usage', 'syscall_read_rate', 'queue'].map(metricKind),
    ).toEqual(['latency', 'success', 'host', 'work', 'other'])
  })
})

describe.each(PAST_METHODS)('deviation of a series from its past, by %s', (method) => {
  const settings = { ...SETTINGS.deviation, method }
  const by = (one: ReturnType<typeof series>) => seriesDeviations([one], START, settings)[0]

  it('is signed', () => {
    const rise = by(series({ service: 'a', name: 'cpu_usage', before: 20, during: 80, sinceS: 60 }))
    expect(rise?.up).toBeGreaterThan(20)
    expect(rise?.down).toBeLessThan(1)
    const fall = by(series({ service: 'a', name: 'cpu_usage', before: 80, during: 20, sinceS: 60 }))
    expect(fall?.down).toBeGreaterThan(5)
    expect(fall?.up).toBeLessThan(1)
  })

  it('keeps the floors: no flicker of a flat series is abnormal', () => {
    const flicker = { before: 0.05, during: 0.0502, sinceS: 60, jitter: 0 }
    expect(by(series({ service: 'a', name: 'latency_p95', ...flicker }))?.up).toBeLessThan(0.2)
    const ratio = by(series({ service: 'a', name: 'success_ratio', before: 1, during: 0.97, sinceS: 60 }))
    expect(ratio?.scale).toBe(settings.ratioFloor)
  })

  it('keeps the caps, that of what callers notice and that of all else', () => {
    const huge = { before: 1, during: 1e6, sinceS: 60 }
    expect(by(series({ service: 'a', name: 'latency_p95', ...huge }))?.up).toBe(settings.noticedCap)
    expect(by(series({ service: 'a', name: 'cpu_usage', ...huge }))?.up).toBe(settings.cap)
  })
})
