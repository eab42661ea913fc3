import { describe, expect, it } from 'vitest'
import { detectionSchema } from '../../src/config/schema/detection.ts'

const BASE = { pollEvery: '60s', lookBack: '24h', scrapeEvery: '5s', keep: '2h', errorRateWatch: null }
const threshold = { name: 'slow', query: 'up', above: 1, for: '2m' }
const seasonal = { name: 'orders', query: 'up', floor: 1, for: '5m' }
const withWatches = (watches: object) => ({ ...BASE, metricWatches: { every: '30s', ...watches } })
const mistakes = (value: unknown): readonly string[] =>
  detectionSchema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ??
  []

describe('detection.yaml', () => {
  it('may leave the watches, the correlation and Alertmanager to their defaults', () => {
    expect(detectionSchema.parse(BASE)).toMatchObject({
      metricWatches: { everyMs: 30_000, thresholds: [], seasonal: [] },
      correlation: { windowMs: 600_000, hops: 4 },
      alertmanager: { ignore: ['none', 'info'] },
    })
  })

  it('has watches with a bound, and watches of what is usual', () => {
    const read = detectionSchema.parse(withWatches({ thresholds: [threshold], seasonal: [seasonal] }))
    expect(read.metricWatches.thresholds).toMatchObject([
      { bound: { kind: 'above', value: 1 }, forMs: 120_000, service: null, serviceLabel: 'service' },
    ])
    expect(read.metricWatches.seasonal).toMatchObject([
      { seasonMs: 7 * 86_400_000, seasons: 4, minSeasons: 3, windowMs: 1_800_000, deviation: 6 },
    ])
  })

  it.each([
    [{ thresholds: [{ ...threshold, below: 0 }] }, 'needs either above or below'],
    [{ thresholds: [{ ...threshold, above: undefined }] }, 'needs either above or below'],
    [{ thresholds: [threshold, threshold] }, 'has two watches called slow'],
    [{ thresholds: [{ ...threshold, name: 'Slow answers' }] }, 'thresholds.0.name must be small letters'],
    [{ seasonal: [{ ...seasonal, floor: 0 }] }, 'seasonal.0.floor must be above 0'],
    [{ seasonal: [{ ...seasonal, seasons: 2 }] }, 'seasonal.0.minSeasons must be at most seasons'],
  ])('says what is wrong with %o', (watches, words) => {
    expect(mistakes(withWatches(watches)).join('\n')).toContain(words)
  })
})
