import type { Incident, IncidentSource, Signal } from '../contracts.ts'
import type { IncidentRecord } from '../machine.ts'
import { signalKey } from '../signal-key.ts'
import { belongsTo, type Belonging } from './correlate.ts'
import { incidentOf, MOST_SIGNALS, type DetectContext, type Detected } from './detected.ts'
import type { AlertNews } from './ports.ts'

type AlertSource = Extract<IncidentSource, { kind: 'alertmanager' }>

/**
 * How long an alert may go on firing after its incident ended, before it is an incident again: rules look back over minutes,
 * so that alerts outlive their cause.
 */
export const AFTERGLOW_MS = 15 * 60_000

/**
 * News of one alert of Alertmanager. It opens an incident, joins one, or ends what it opened; a repetition gives null. An alert
 * is known by its fingerprint, one time that it fires by its fingerprint and beginning: who sends it again, or sends it
 * twice because Alertmanager runs twice, changes nothing.
 */
export function detectAlert(news: AlertNews, context: DetectContext): Detected | null {
  return news.kind === 'firing' ? fired(news, context) : ended(news, context)
}

/** Incidents that wait for a person although all their alerts have long been over. */
export function endsOverdue({ open }: Pick<DetectContext, 'open'>, atMs: number): readonly Detected[] {
  return open
    .filter((record) => record.state === 'HANDED_OVER' && record.mitigated === null && isQuiet(record, atMs))
    .map(({ incident: { incidentId }, version }) => ({
      eventId: `alerts-over:${incidentId}:${version}`,
      incidentId,
      event: { kind: 'pageResolved', by: 'alertmanager' },
      atMs,
    }))
}

function isQuiet({ incident: { signals } }: IncidentRecord, atMs: number): boolean {
  const told = signals.filter(({ source }) => isTold(source))
  return told.length > 0 && told.every(({ endedMs = atMs }) => atMs - endedMs >= AFTERGLOW_MS)
}

function fired(news: AlertNews, context: DetectContext): Detected | null {
  const { alertmanager } = context.settings
  const severity = news.labels.severity?.toLowerCase() ?? ''
  if (alertmanager.ignore.includes(severity)) return null
  if (context.open.some((record) => underWay(record, news) !== null)) return null
  const former = context.lately().find((record) => isOver(record) && isSameTime(alertIn(record, news), news))
  if (former !== undefined && news.atMs - former.stateSinceMs < AFTERGLOW_MS) return null
  const again = former === undefined ? '' : `-${former.stateSinceMs}`
  const id = `${news.fingerprint}-${news.startsAtMs}${again}`
  const signal = signalOf(news, context)
  const found = belongingOf(news, signal, context)
  if (found === null) {
    const urgency = alertmanager.lowUrgency.includes(severity) ? 'low' : 'high'
    return opened(`alert:${id}:firing`, incidentOf(`am-${id}`, news.summary, urgency, signal), news.atMs)
  }
  const { incidentId, signals } = found.record.incident
  if (signals.length >= MOST_SIGNALS) return null
  const event = { kind: 'signalJoined', signal: { ...signal, because: found.because } } as const
  return { eventId: `alert:${id}:firing`, incidentId, event, atMs: news.atMs }
}

function opened(eventId: string, incident: Incident, atMs: number): Detected {
  return { eventId, incidentId: incident.incidentId, event: { kind: 'opened', incident }, atMs }
}

/** The incident it was part of before it went away for a moment, else the one of its service or call path, else of its group. */
function belongingOf(news: AlertNews, { service, atMs }: Signal, context: DetectContext): Belonging | null {
  const before = context.open.find((record) => alertIn(record, news) !== null)
  if (before !== undefined) return { record: before, because: 'it fires again' }
  if (service !== null) return belongsTo({ service, beganMs: atMs, atMs: news.atMs }, context.open, context)
  const group = context.open.find(
    ({ incident: { service: other, source } }) =>
      other === null && source.kind === 'alertmanager' && source.groupKey === news.groupKey,
  )
  return group === undefined ? null : { record: group, because: 'the same group of Alertmanager' }
}

/** Ends the incident with its last alert; while a page is open, a fix is deployed or a lasting one is due, it only says so. */
function ended(news: AlertNews, { open }: DetectContext): Detected | null {
  const record = open.find((each) => underWay(each, news) !== null)
  const signal = record === undefined ? null : underWay(record, news)
  if (record === undefined || signal === null || news.startsAtMs < signal.source.startsAtMs) return null // of an earlier time
  const { incidentId, signals } = record.incident
  const others = signals.filter((one) => one !== signal && one.endedMs === undefined && isTold(one.source))
  const goesOn = others.length > 0 || record.state === 'DEPLOYING' || record.mitigated !== null
  return {
    eventId: `alert:${news.fingerprint}-${news.startsAtMs}:resolved`,
    incidentId,
    event: goesOn
      ? { kind: 'signalEnded', key: signalKey(signal), summary: signal.summary }
      : { kind: 'pageResolved', by: 'alertmanager' },
    atMs: news.atMs,
  }
}

type AlertSignal = Signal & { readonly source: AlertSource }

/** The alert in that incident, while it is not over. */
function underWay(record: IncidentRecord, news: AlertNews): AlertSignal | null {
  const signal = alertIn(record, news)
  return signal?.endedMs === undefined ? signal : null
}

/** What the incident holds of that alert. */
function alertIn({ incident }: IncidentRecord, { fingerprint }: AlertNews): AlertSignal | null {
  const isIt = (signal: Signal): signal is AlertSignal =>
    signal.source.kind === 'alertmanager' && signal.source.fingerprint === fingerprint
  return incident.signals.find(isIt) ?? null
}

function isSameTime(signal: AlertSignal | null, { startsAtMs }: AlertNews): boolean {
  return signal?.source.startsAtMs === startsAtMs
}

/** Whether somebody else says when it ends; our own watches do not. */
function isTold({ kind }: IncidentSource): boolean {
  return kind === 'alertmanager' || kind === 'pagerduty'
}

function isOver({ state }: IncidentRecord): boolean {
  return state === 'RESOLVED' || state === 'CLOSED'
}

function signalOf(news: AlertNews, { services, settings }: DetectContext): Signal {
  const { fingerprint, startsAtMs, groupKey, url, labels, summary } = news
  const named = settings.alertmanager.serviceLabels.map((label) => labels[label])
  const service = named.find((value) => services.some(({ name }) => name === value)) ?? null
  return {
    source: { kind: 'alertmanager', fingerprint, startsAtMs, groupKey, url },
    service,
    summary,
    atMs: startsAtMs,
  }
}
