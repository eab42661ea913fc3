import { describe, expect, it } from 'vitest'
import { detectMetric } from '../../../src/pipeline/detection/detect-watched.ts'
import { MetricWatches } from '../../../src/pipeline/detection/metric-watches.ts'
import type { MetricAlert, QuerySource } from '../../../src/pipeline/detection/ports.ts'
import type { SeasonalWatch, ThresholdWatch } from '../../../src/pipeline/detection/settings.ts'
import { CcpError } from '../../../src/pipeline/errors.ts'
import { context, MINUTE, opened, services } from './detect-context.ts'

const START = 1_700_000_000_000
const WEEK = 7 * 86_400_000

const watched = {
  query: 'q',
  service: null,
  serviceLabel: 'service',
  forMs: 2 * MINUTE,
  urgency: 'high',
  summary: null,
} as const
const slow: ThresholdWatch = { ...watched, name: 'slow-answers', bound: { kind: 'above', value: 0.5 } }
const orders: SeasonalWatch = {
  ...watched,
  name: 'orders',
  query: 'orders',
  seasonMs: WEEK,
  seasons: 4,
  minSeasons: 3,
  windowMs: 30 * MINUTE,
  direction: 'below',
  deviation: 6,
  relativeFloor: 0.1,
  floor: 1,
}

/** Watches over values that the test sets; a value of null is a series that is not there. */
function watching(watch: { thresholds?: readonly ThresholdWatch[]; seasonal?: readonly SeasonalWatch[] }) {
  const values = new Map<string, number | null>()
  const history = { seasons: 4, value: 100, asked: 0 }
  const told = { reports: [] as string[], notes: [] as string[] }
  let fault: CcpError | null = null
  const queries: QuerySource = {
    async valuesAt() {
      if (fault !== null) throw fault
      return [...values].flatMap(([service, value]) =>
        value === null ? [] : [{ labels: { service }, value }],
      )
    },
    async valuesBetween(_, { fromMs, toMs, stepMs }) {
      history.asked += 1
      const back = Math.round((now - (fromMs + toMs) / 2) / WEEK)
      if (back > history.seasons) return []
      const length = Math.floor((toMs - fromMs) / stepMs) + 1
      return [...values.keys()].map((service) => ({
        labels: { service },
        values: Array.from({ length }, (_value, i) => history.value + (i % 3)),
      }))
    },
  }
  let now = START
  const watches = new MetricWatches(
    { everyMs: MINUTE, thresholds: [], seasonal: [], ...watch },
    {
      queries,
      services,
      report: ({ message }) => void told.reports.push(message),
      note: (text) => void told.notes.push(text),
    },
  )
  return {
    values,
    history,
    told,
    fail: (error: CcpError | null) => (fault = error),
    look: (minute: number): Promise<readonly MetricAlert[]> => {
      now = START + minute * MINUTE
      return watches.look(now)
    },
  }
}

async function alertsAt(
  minutes: readonly number[],
  look: (minute: number) => Promise<readonly MetricAlert[]>,
) {
  const alerts: (readonly [number, MetricAlert])[] = []
  for (const minute of minutes) for (const alert of await look(minute)) alerts.push([minute, alert])
  return alerts
}

describe('a watch with a fixed bound', () => {
  it('alarms once, when its value has been beyond it for long enough', async () => {
    const { values, look } = watching({ thresholds: [slow] })
    values.set('payment', 0.8).set('checkout', 0.5)
    const alerts = await alertsAt([0, 1, 2, 3, 4], look)
    expect(alerts).toEqual([
      [
        2,
        {
          watch: 'slow-answers',
          series: '{service="payment"}',
          service: 'payment',
          urgency: 'high',
          summary: 'payment: slow-answers: 0.8 is above 0.5',
          sinceMs: START,
          atMs: START + 2 * MINUTE,
        },
      ],
    ])
  })

  it('begins anew where the value was within bounds, or not there, or not looked at for long', async () => {
    const { values, look } = watching({ thresholds: [slow] })
    values.set('payment', 0.8)
    await look(0)
    await look(1)
    values.set('payment', null)
    expect(await look(2)).toEqual([])
    values.set('payment', 0.8)
    expect((await alertsAt([3, 4, 5], look)).map(([minute]) => minute)).toEqual([5])
    const other = watching({ thresholds: [slow] })
    other.values.set('payment', 0.8)
    expect((await alertsAt([0, 9, 10, 11], other.look)).map(([minute]) => minute)).toEqual([11])
  })

  it('does not watch series of services that are not ours', async () => {
    const { values, look } = watching({ thresholds: [{ ...slow, forMs: 0 }] })
    values.set('billing-of-others', 9).set('payment', 9)
    expect((await look(0)).map(({ service }) => service)).toEqual(['payment'])
  })

  it('that cannot be read is reported, and neither alarms nor counts as calm', async () => {
    const { values, look, fail, told } = watching({ thresholds: [slow] })
    values.set('payment', 0.8)
    await look(0)
    fail(new CcpError('unavailable', 'Prometheus cannot be reached'))
    expect(await look(1)).toEqual([])
    expect(told.reports).toEqual(['Prometheus cannot be reached'])
    fail(null)
    expect((await look(2)).map(({ sinceMs }) => sinceMs)).toEqual([START])
  })
})

describe('a watch of what is usual at that time', () => {
  it('alarms where a value is far from that of the weeks before, and says from what', async () => {
    const { values, look } = watching({ seasonal: [orders] })
    values.set('checkout', 101).set('payment', 12)
    const alerts = await alertsAt([0, 1, 2], look)
    expect(alerts.map(([minute, { service, summary }]) => [minute, service, summary])).toEqual([
      [
        2,
        'payment',
        'payment: orders: 12 is less than usual: 101 at this time of the last 4 weeks, 8.8 scales away',
      ],
    ])
  })

  it('does not alarm without enough weeks, and notes that once', async () => {
    const { values, history, look, told } = watching({ seasonal: [{ ...orders, forMs: 0 }] })
    history.seasons = 2
    values.set('payment', 0)
    expect(await alertsAt([0, 1, 2], look)).toEqual([])
    expect(told.notes).toEqual([
      'watch orders {service="payment"}: 2 of 4 earlier times have values, 3 are needed',
    ])
  })

  it('reads the weeks before anew only every few minutes', async () => {
    const { values, history, look } = watching({ seasonal: [orders] })
    values.set('payment', 100)
    await alertsAt([0, 1, 2, 3, 4], look)
    expect(history.asked).toBe(4)
    await look(5)
    expect(history.asked).toBe(8)
  })
})

describe('what a watch saw', () => {
  const alert = (over: Partial<MetricAlert> = {}): MetricAlert => ({
    watch: 'slow-answers',
    series: '{service="payment"}',
    service: 'payment',
    urgency: 'low',
    summary: 'payment: slow',
    sinceMs: START,
    atMs: START + MINUTE,
    ...over,
  })

  it('opens an incident, joins one of its call path, and is told once', () => {
    const record = opened(detectMetric(alert(), context()))
    expect(record.incident).toMatchObject({
      incidentId: `watch-slow-answers-payment-${START}`,
      urgency: 'low',
      source: { kind: 'metric-watch', watch: 'slow-answers' },
    })
    expect(detectMetric(alert({ sinceMs: START + 1 }), context(record))).toBeNull()
    const gateway = alert({ series: '{service="gateway"}', service: 'gateway' })
    expect(detectMetric(gateway, context(record))?.event).toMatchObject({
      kind: 'signalJoined',
      signal: { because: 'gateway calls checkout, which calls payment; 60 s apart' },
    })
  })

  it('joins, without a service, only what the same watch saw', () => {
    const instance = (name: string, watch = 'disk') =>
      alert({ watch, service: null, series: `{instance="${name}"}` })
    const record = opened(detectMetric(instance('a'), context()))
    expect(detectMetric(instance('b'), context(record))?.event.kind).toBe('signalJoined')
    expect(detectMetric(instance('b', 'memory'), context(record))?.event.kind).toBe('opened')
  })
})
