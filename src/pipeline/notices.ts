import type { Member } from './access.ts'
import type { Diagnosis, Incident, Location } from './contracts.ts'
import type { IncidentRecord } from './machine.ts'
import { shownDiff } from './shown-diff.ts'

/** What people read outside the thread: PagerDuty notes and e-mails. Plain text, the outcome first. */
export interface Notice {
  readonly subject: string
  readonly text: string
}

/** The note on the page when the machine is done with it. */
export function pageNote(record: IncidentRecord): string {
  const { location, patch, verdict } = record
  const lines = [
    noteHeading(record),
    causeLine(record),
    location === null ? null : whereLine(location),
    patch === null
      ? null
      : `Fix: ${patch.title} (branch ${patch.branch}, commit ${patch.commit.slice(0, 10)}).`,
    verdict === null ? null : `Canary: ${verdict.decision}. ${verdict.reason}`,
  ]
  return lines.filter((line) => line !== null).join('\n')
}

function whereLine({ file, line, service, config }: Location): string {
  return `Where: ${file}:${line} in ${config === undefined ? '' : 'the configuration of '}${service}.`
}

function noteHeading(record: IncidentRecord): string {
  const { state, handOver, mitigated, attempts, linkedTo } = record
  if (state === 'RESOLVED' && linkedTo !== null)
    return `CCP: cured by the fix of ${linkedTo.incidentId} (${linkedTo.title}), which had the same cause.`
  if (state === 'RESOLVED') return 'CCP: fixed and verified.'
  const calm =
    mitigated === null ? '' : ` The pain is stopped (${mitigated.title}); a lasting fix is still due.`
  if (handOver !== null) return `CCP hands over: ${handOverReason(record)}.${calm}`
  if (mitigated !== null) return `CCP:${calm}`
  const back = attempts.at(-1)?.rollout?.rollbackReason
  return back === undefined || back === null
    ? 'CCP hands over: a person is needed.'
    : `CCP: a fix was taken back: ${back} The next one is being prepared.`
}

/** That no cause was found is told with what is known of it. Without the full stop of a reason that is whole sentences. */
function handOverReason({ diagnosis, handOver, attempts }: IncidentRecord): string {
  if (diagnosis !== null && diagnosis.abstained !== null)
    return attempts.length === 0 ? 'it found no cause and changed nothing' : 'it found no cause'
  return (handOver?.reason ?? 'a person is needed').replace(/\.$/, '')
}

/** To those whose approval is waited for. */
export function approvalMail(record: IncidentRecord): Notice {
  const { incident, patch, gates, approval } = record
  const expires = approval === null ? '' : new Date(approval.expiresAtMs).toISOString()
  return {
    subject: `[CCP] Approval needed: ${(patch?.title ?? incident.title).replaceAll('`', '')}`,
    text: [
      `${incident.title}`,
      causeLine(record),
      `Proposed: ${patch?.title ?? 'see the thread'}`,
      `Gates: all seven passed. Risk ${gates?.risk.risk.toFixed(3) ?? '?'} (${gates?.risk.tier ?? '?'}).`,
      `Decide in the incident's Slack thread before ${expires}. An e-mail cannot approve.`,
      '',
      patch === null ? '' : shownDiff(patch).slice(0, MAX_DIFF_CHARS),
    ]
      .filter((line) => line !== null)
      .join('\n'),
  }
}

/** To the leads: rolled back, expired or escalated. */
export function leadsMail(record: IncidentRecord): Notice {
  const { incident, escalated, handOver, approval } = record
  const why =
    record.state === 'APPROVAL_EXPIRED'
      ? `Nobody approved in time (asked at ${new Date(approval?.requestedAtMs ?? 0).toISOString()}).`
      : handOver === null
        ? (escalated?.reason ?? 'a person is needed')
        : handOverReason(record)
  return {
    subject: `[CCP] A lead is needed: ${incident.title}`,
    text: [incident.title, why, causeLine(record), "See the incident's Slack thread."]
      .filter((line) => line !== null)
      .join('\n'),
  }
}

/** E-mail addresses of those who may fill an open place of the approval, or of all leads. */
export function recipients(
  record: IncidentRecord,
  members: readonly Member[],
  whom: 'approvers' | 'leads',
): readonly string[] {
  const roles = whom === 'leads' ? ['lead'] : (record.approval?.quorum.flat() ?? [])
  const addresses = members.filter((member) => roles.includes(member.role)).map((member) => member.email)
  return [...new Set(addresses.filter((address) => address !== null))]
}

/** The PagerDuty incidents that belong to an incident of ours. */
export function pagesOfIncident(incident: Incident): readonly string[] {
  const ids = incident.signals.flatMap(({ source }) =>
    source.kind === 'pagerduty' ? [source.pagerdutyId] : [],
  )
  return [...new Set(ids)]
}

const MAX_DIFF_CHARS = 8_000

function causeLine(record: IncidentRecord): string | null {
  const { diagnosis } = record
  if (diagnosis === null) return null
  if (diagnosis.abstained !== null) return notFound(diagnosis)
  return `Cause: ${diagnosis.hypotheses[0]?.summary ?? 'unknown'}`
}

function notFound({ abstained, ruledOut = [], wouldSettle = [] }: Diagnosis): string {
  const [look] = wouldSettle
  return [
    `Cause: not found. ${abstained}.`,
    ...(ruledOut.length === 0 ? [] : ['Ruled out:', ...ruledOut.map((text) => `- ${text}`)]),
    ...(look === undefined ? [] : [`Look first at ${look}.`]),
  ].join('\n')
}
