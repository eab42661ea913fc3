import { describe, expect, it } from 'vitest'
import { detectRatio } from '../../../src/pipeline/detection/detect-watched.ts'
import { detectPage, newsOfPage } from '../../../src/pipeline/detection/detect.ts'
import { ErrorRateWatch } from '../../../src/pipeline/detection/error-rate-watch.ts'
import type { Page, PageEvent, RatioAlert } from '../../../src/pipeline/detection/ports.ts'
import { context, opened } from './detect-context.ts'

const page: Page = {
  pagerdutyId: 'Q1',
  title: 'gateway: errors',
  status: 'triggered',
  urgency: 'high',
  pagerdutyServiceId: 'PGATE',
  pagerdutyServiceName: 'Shop gateway',
  htmlUrl: null,
  createdAtMs: 1_000,
}

const alert = (name: string): RatioAlert => ({
  service: name,
  errorRatio: 0.2,
  objective: 0.01,
  requests: 100,
  sinceMs: 5,
  atMs: 10,
})
const news = (kind: PageEvent['kind'], over: Partial<Page> = {}): PageEvent => ({
  eventId: 'e1',
  kind,
  page: { ...page, ...over },
  atMs: 2_000,
})

describe('detection', () => {
  it('opens an incident for a page, on the service that owns the PagerDuty service', () => {
    expect(opened(detectPage(news('triggered'), context())).incident).toMatchObject({
      incidentId: 'pd-Q1',
      service: 'gateway',
    })
  })

  it('opens an incident without a service where the page names none of ours', () => {
    const strange = { pagerdutyServiceId: 'PXXX', pagerdutyServiceName: 'unknown' }
    expect(opened(detectPage(news('triggered', strange), context())).incident.service).toBeNull()
  })

  it('takes the same page once, by webhook or by polling', () => {
    const record = opened(detectPage(news('triggered'), context()))
    expect(detectPage(newsOfPage(page, 3_000), context(record))).toBeNull()
  })

  it('ends and reopens the incident of a page, and leaves unknown pages alone', () => {
    const record = opened(detectPage(news('triggered'), context()))
    expect(detectPage(news('resolved'), context(record))?.event.kind).toBe('pageResolved')
    expect(detectPage(news('reopened'), context(record))?.event.kind).toBe('pageReopened')
    expect(detectPage(news('resolved'), context())).toBeNull()
    expect(detectPage(news('other'), context(record))).toBeNull()
  })

  it('opens one incident for a breach that no page told of, and joins the page that comes later', () => {
    const watched = opened(detectRatio(alert('gateway'), context()))
    expect(watched.incident.source.kind).toBe('error-rate-watch')
    expect(detectPage(news('triggered'), context(watched))).toMatchObject({
      incidentId: watched.incident.incidentId,
      event: { kind: 'signalJoined' },
    })
  })

  it('gives two pages of one call path an incident each: people work on both', () => {
    const record = opened(detectPage(news('triggered'), context()))
    const other = { pagerdutyId: 'Q2', pagerdutyServiceId: '', pagerdutyServiceName: 'checkout' }
    expect(detectPage(news('triggered', other), context(record))).toMatchObject({
      incidentId: 'pd-Q2',
      event: { kind: 'opened' },
    })
  })

  it('folds a breach into the open incident of a service up or down the calls, and into no other', () => {
    const record = opened(detectPage(news('triggered'), context()))
    expect(detectRatio(alert('payment'), context(record))).toMatchObject({
      incidentId: 'pd-Q1',
      event: { kind: 'signalJoined' },
    })
    expect(detectRatio(alert('newsletter'), context(record))?.event.kind).toBe('opened')
  })
})

describe('the error-rate watch', () => {
  const watch = () =>
    new ErrorRateWatch({ factor: 2, forMs: 1_000, minRequests: 50 }, new Map([['payment', 0.01]]))
  const sample = (atMs: number, errors: number, requests = 40) => ({
    service: 'payment',
    requests,
    errors,
    atMs,
  })

  it('alerts once when the ratio stays above the objective long enough', () => {
    const w = watch()
    const alerts = [0, 500, 1_000, 1_500].map((atMs) => w.take(sample(atMs, 10)))
    expect(alerts.map((a) => a !== null)).toEqual([false, false, true, false])
    expect(alerts[2]).toMatchObject({ errorRatio: 0.25, requests: 120, sinceMs: 0 })
  })

  it('starts anew after the ratio was normal', () => {
    const w = watch()
    for (const atMs of [0, 500, 1_000]) w.take(sample(atMs, 10))
    w.take(sample(1_500, 0))
    expect([2_000, 2_500, 3_000].map((atMs) => w.take(sample(atMs, 10)) !== null)).toEqual([
      false,
      false,
      true,
    ])
  })

  it('says nothing without traffic, below the volume, or for a service it does not know', () => {
    const w = watch()
    expect(w.take(sample(0, 0, 0))).toBeNull()
    expect([0, 1_000].map((atMs) => w.take(sample(atMs, 5, 10)))).toEqual([null, null])
    expect(w.take({ service: 'other', requests: 100, errors: 100, atMs: 0 })).toBeNull()
  })
})
