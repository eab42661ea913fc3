import type { IncidentSource, Signal } from './contracts.ts'
import type { IncidentRecord, MachineEvent } from './machine.ts'

const OPENED: Readonly<Record<IncidentSource['kind'], string>> = {
  pagerduty: 'Paged',
  alertmanager: 'Alert',
  'error-rate-watch': 'Noticed',
  'metric-watch': 'Noticed',
}

/** One line for the thread's timeline and the page's note; null for what is not worth one. */
export function describeEvent(event: MachineEvent, record: IncidentRecord): string | null {
  switch (event.kind) {
    case 'opened':
      return `${OPENED[event.incident.source.kind]}: ${event.incident.title}`
    case 'signalJoined':
      return joined(event.signal)
    case 'signalEnded':
      return `One of its alerts is over: ${event.summary}`
    case 'diagnosed':
      return diagnosed(event.diagnosis)
    case 'linked':
      return `Same cause as ${event.to.incidentId}: waits for its fix`
    case 'linkOpen':
      return null
    case 'linkResolved':
      return `Resolved with the fix it waited for: ${event.detail}`
    case 'linkBroken':
      return `Looked at anew: ${event.reason}`
    case 'linkEnded':
      return `Waits no longer: ${event.reason}`
    case 'siblingLinked':
      return `${event.sibling.incidentId} has the same cause and waits for this fix`
    case 'located':
      return `Fault ${event.location.exception === null ? 'probably ' : ''}at ${event.location.file}:${event.location.line}`
    case 'planned':
      return null
    case 'patched':
      return `Fix written: ${event.patch.title}`
    case 'gated':
      return event.report.passed
        ? 'All seven gates passed'
        : `Gates stopped it: ${record.handOver?.reason ?? ''}`
    case 'stageStopped':
      return `Stopped at ${event.stage}: ${event.reason}`
    case 'voted':
      return record.state === 'QUEUED' ? 'Approved; the quorum is met' : 'Approved by one; another is needed'
    case 'rejected':
      return `Rejected: ${event.reason}`
    case 'approvalExpired':
      return 'Approval expired'
    case 'approvalRenewed':
      return 'Approval asked for again'
    case 'approvalVoided':
      return `Approval void: ${event.reason}`
    case 'locksBusy':
      return null
    case 'locksAcquired':
      return null
    case 'canaryReady':
      return `Canary ${event.rollout.canaryVersion} started beside ${event.rollout.controlVersion}`
    case 'weightSet':
      return `Canary takes ${event.percent} % of the traffic`
    case 'observed':
      return null
    case 'rolloutFailed':
      return `Rollout failed: ${event.reason}`
    case 'rollBackRequested':
      return `Rollback asked for: ${event.reason}`
    case 'rolloutFinished':
      return record.state === 'PATCHING'
        ? `The pain is stopped: ${record.mitigated?.title ?? 'rolled back'}`
        : 'Fix verified at 100 %'
    case 'rolledBack':
      return `Rolled back: ${whyBack(record) ?? event.detail}`
    case 'paused':
      return `Paused: ${event.reason}`
    case 'resumed':
      return 'Resumed'
    case 'escalated':
      return `Escalated: ${event.reason}`
    case 'pageResolved':
      return event.by === 'alertmanager'
        ? 'Alertmanager says that its alerts are over'
        : 'The page was resolved in PagerDuty'
    case 'pageReopened':
      return 'The page was reopened'
    case 'retryRequested':
      return 'Analysis started again'
    case 'nextFixRequested':
      return 'The next fix was asked for'
    case 'troubled':
    case 'recovered':
      return null
  }
}

function joined({ summary, because }: Signal): string {
  return `Another alert joined: ${summary}${because === undefined ? '' : ` (${because})`}`
}

/** Where the next fix is looked for already, the try that went back is set aside. */
function whyBack({ rollout, rollBackAsked, attempts }: IncidentRecord): string | null {
  return rollout?.rollbackReason ?? rollBackAsked ?? attempts.at(-1)?.rollout?.rollbackReason ?? null
}

function diagnosed(diagnosis: {
  abstained: string | null
  hypotheses: readonly { summary: string }[]
}): string {
  if (diagnosis.abstained !== null) return `No cause named: ${diagnosis.abstained}`
  return `Cause: ${diagnosis.hypotheses[0]?.summary ?? 'unknown'}`
}
