import { describe, expect, it } from 'vitest'
import { AFTERGLOW_MS, detectAlert, endsOverdue } from '../../../src/pipeline/detection/detect-alert.ts'
import { detectPage } from '../../../src/pipeline/detection/detect.ts'
import type { AlertNews } from '../../../src/pipeline/detection/ports.ts'
import type { IncidentRecord, IncidentState } from '../../../src/pipeline/machine.ts'
import { after, context, MINUTE, opened } from './detect-context.ts'

const START = 1_700_000_000_000

const alert = (over: Partial<AlertNews> = {}): AlertNews => ({
  kind: 'firing',
  fingerprint: 'aaaa000011112222',
  labels: { alertname: 'HighErrorRate', service: 'payment', severity: 'critical' },
  summary: 'HighErrorRate: payment fails',
  startsAtMs: START,
  groupKey: '{}:{alertname="HighErrorRate"}',
  url: 'http://prometheus.example/graph',
  atMs: START + MINUTE,
  ...over,
})
const other = (service: string | null, over: Partial<AlertNews> = {}): AlertNews =>
  alert({
    fingerprint: 'bbbb000011112222',
    labels: service === null ? {} : { service },
    summary: 'Other: it fails',
    ...over,
  })
const resolved = (news: AlertNews): AlertNews => ({ ...news, kind: 'resolved', atMs: news.atMs + MINUTE })
const inState = (record: IncidentRecord, state: IncidentState, stateSinceMs = START): IncidentRecord => ({
  ...record,
  state,
  stateSinceMs,
})

describe('an alert of Alertmanager', () => {
  it('opens an incident on the service that its labels name, and knows its group and its graph', () => {
    const { incident, timeline } = opened(detectAlert(alert(), context()))
    expect(incident).toMatchObject({
      incidentId: `am-aaaa000011112222-${START}`,
      title: 'HighErrorRate: payment fails',
      service: 'payment',
      urgency: 'high',
      detectedAtMs: START,
      source: { kind: 'alertmanager', url: 'http://prometheus.example/graph' },
    })
    expect(timeline.map(({ text }) => text)).toEqual(['Alert: HighErrorRate: payment fails'])
  })

  it('names the service by the first label that holds one of ours, or none', () => {
    const serviceOf = (labels: Record<string, string>) =>
      opened(detectAlert(alert({ labels }), context())).incident.service
    expect(serviceOf({ service: 'blackbox-exporter', job: 'checkout' })).toBe('checkout')
    expect(serviceOf({ instance: '10.0.0.1:9100' })).toBeNull()
  })

  it('has the urgency of its severity, and is no incident where it only informs', () => {
    const withSeverity = (severity: string) => alert({ labels: { service: 'payment', severity } })
    expect(opened(detectAlert(withSeverity('Warning'), context())).incident.urgency).toBe('low')
    expect(detectAlert(withSeverity('none'), context())).toBeNull()
  })

  it('changes nothing when it is told again, and carries one event id for one time that it fires', () => {
    const first = detectAlert(alert(), context())
    const again = alert({ atMs: START + 240 * MINUTE })
    expect(detectAlert(again, context(opened(first)))).toBeNull()
    // The second Alertmanager of a pair, before the journal has the first one's news.
    expect(detectAlert(again, context())?.eventId).toBe(first?.eventId)
    expect(detectAlert(alert({ startsAtMs: START + 1 }), context())?.eventId).not.toBe(first?.eventId)
  })

  it('joins the page of its service, and a page joins the alert of its service', () => {
    const page = {
      pagerdutyId: 'Q1',
      title: 'payment: errors',
      status: 'triggered',
      urgency: 'high',
      pagerdutyServiceId: '',
      pagerdutyServiceName: 'payment',
      htmlUrl: null,
      createdAtMs: START,
    } as const
    const news = { eventId: 'e1', kind: 'triggered', page, atMs: START } as const
    const paged = opened(detectPage(news, context()))
    const joined = after(paged, detectAlert(alert(), context(paged)))
    expect(joined.incident.signals).toHaveLength(2)
    expect(joined.timeline.at(-1)?.text).toBe(
      'Another alert joined: HighErrorRate: payment fails (the same service)',
    )
    const alerted = opened(detectAlert(alert(), context()))
    expect(detectPage(news, context(alerted))).toMatchObject({
      incidentId: alerted.incident.incidentId,
      event: { kind: 'signalJoined' },
    })
  })

  it('without a service joins only its own group', () => {
    const record = opened(detectAlert(alert({ labels: {} }), context()))
    expect(detectAlert(other(null), context(record))?.event.kind).toBe('signalJoined')
    expect(detectAlert(other(null, { groupKey: 'elsewhere' }), context(record))?.event.kind).toBe('opened')
  })
})

describe('the end of an alert', () => {
  it('closes the incident that it opened, as the end of a page does', () => {
    const record = opened(detectAlert(alert(), context()))
    const closed = after(record, detectAlert(resolved(alert()), context(record)))
    expect(closed.state).toBe('CLOSED')
    expect(closed.timeline.at(-1)?.text).toBe('Alertmanager says that its alerts are over')
  })

  it('is only noted while another alert of the incident fires; the last one closes it', () => {
    const first = opened(detectAlert(alert(), context()))
    const both = after(first, detectAlert(other('payment'), context(first)))
    const one = after(both, detectAlert(resolved(alert()), context(both)))
    expect([one.state, one.timeline.at(-1)?.text]).toEqual([
      'DIAGNOSING',
      'One of its alerts is over: HighErrorRate: payment fails',
    ])
    expect(after(one, detectAlert(resolved(other('payment')), context(one))).state).toBe('CLOSED')
  })

  it('is only noted while a fix is deployed, and where the pain is stopped but the lasting fix is due', () => {
    const record = opened(detectAlert(alert(), context()))
    const end = (now: IncidentRecord) => detectAlert(resolved(alert()), context(now))?.event.kind
    expect(end(inState(record, 'DEPLOYING'))).toBe('signalEnded')
    expect(end({ ...record, state: 'PATCHING', mitigated: { title: 'Roll back', atMs: START } })).toBe(
      'signalEnded',
    )
  })

  it('changes nothing for an alert that is unknown, or fires anew since', () => {
    expect(detectAlert(resolved(alert()), context())).toBeNull()
    const record = opened(detectAlert(alert({ startsAtMs: START + 1 }), context()))
    expect(detectAlert(resolved(alert()), context(record))).toBeNull()
  })

  it('closes later what was noted while a fix was deployed that then went back to a person', () => {
    const record = opened(detectAlert(alert(), context()))
    const noted = after(
      inState(record, 'DEPLOYING'),
      detectAlert(resolved(alert()), context(inState(record, 'DEPLOYING'))),
    )
    const handedOver = inState(noted, 'HANDED_OVER')
    const endMs = START + 2 * MINUTE
    expect(endsOverdue(context(handedOver), endMs + AFTERGLOW_MS - 1)).toEqual([])
    expect(endsOverdue(context(handedOver), endMs + AFTERGLOW_MS)).toMatchObject([
      { incidentId: record.incident.incidentId, event: { kind: 'pageResolved' } },
    ])
    expect(endsOverdue(context(inState(record, 'HANDED_OVER')), endMs + AFTERGLOW_MS)).toEqual([])
  })
})

describe('an alert that comes back', () => {
  it('takes its old place in an incident that still goes on', () => {
    const first = opened(detectAlert(alert(), context()))
    const both = after(first, detectAlert(other('payment'), context(first)))
    const one = after(both, detectAlert(resolved(alert()), context(both)))
    const back = after(one, detectAlert(alert({ startsAtMs: START + 3 * MINUTE }), context(one)))
    expect(back.incident.signals.map(({ endedMs }) => endedMs)).toEqual([undefined, undefined])
    expect(back.timeline.at(-1)?.text).toContain('(it fires again)')
  })

  it('is an incident again only when it goes on for long after the incident was resolved', () => {
    const record = inState(opened(detectAlert(alert(), context())), 'RESOLVED', START + 5 * MINUTE)
    const told = (minutes: number) => alert({ atMs: START + minutes * MINUTE })
    expect(detectAlert(told(6), context(record))).toBeNull()
    const again = detectAlert(told(21), context(record))
    expect(again).toMatchObject({ incidentId: `am-aaaa000011112222-${START}-${START + 5 * MINUTE}` })
    expect(detectAlert(told(60), context(record))?.eventId).toBe(again?.eventId)
  })
})
