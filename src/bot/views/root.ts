import type {
  CommitSummary,
  Diagnosis,
  Fault,
  IncidentLink,
  IncidentSource,
  Location,
} from '../../pipeline/contracts.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import { openPlaces } from '../../pipeline/approval.ts'
import { describeUpstreamFailure, upstreamFailure } from '../../pipeline/signals/upstream-failure.ts'
import { actions, context, header, section } from './blocks.ts'
import { actionButtons, lookButtons } from './buttons.ts'
import { desiredMessage, type DesiredMessage } from './desired-message.ts'
import { closedWords, resolvedWords } from './page-words.ts'
import { approvalKey, linked, outcomeOf, type Scene } from './scene.ts'
import { commandWords, isWorking, stateWords } from './state-words.ts'
import { code, line, list, confidencePercent, plural, sentence, when, whenDay, who } from './text.ts'
import { placesInWords } from './places.ts'

/** The message in the channel: what is going on, what caused it, what next. Edited in place until the end. */
export function rootMessage(scene: Scene): DesiredMessage {
  const { record } = scene
  const { emoji, words } = stateWords(record)
  const title = record.incident.title
  return desiredMessage({
    key: 'root',
    summary: `${emoji} ${words}: ${line(title, 200)}`,
    urgent: true,
    blocks: [
      header(`${emoji} ${title}`),
      ...context(progress(record), ...incidentFacts(record)),
      section(`*${outcomeOf(record) === 'open' ? 'What is going on' : 'What happened'}*\n${goingOn(record)}`),
      section(`*What caused it*\n${cause(scene)}`),
      section(`*What next*\n${whatNext(scene)}`),
      ...actions([...actionButtons(scene), ...lookButtons(scene)]),
      ...notes(scene),
    ],
  })
}

type Change = NonNullable<Diagnosis['hypotheses'][number]['change']>

/** What runs or is waited for, and since when. */
function progress(record: IncidentRecord): string {
  const sinceMs =
    record.state === 'DEPLOYING' ? (record.rollout?.phaseSinceMs ?? record.stateSinceMs) : record.stateSinceMs
  const mark = isWorking(record) && record.paused === null ? '⏳ ' : ''
  return `${mark}*${stateWords(record).words}* since ${whenDay(sinceMs)}`
}

function incidentFacts({ incident }: IncidentRecord): readonly string[] {
  const { source, signals } = incident
  const joined = signals.length - 1
  return [
    incident.service === null ? 'service unknown' : `service ${code(incident.service)}`,
    `${incident.urgency} urgency`,
    joined > 0 ? `${plural(joined, 'more alert')} joined` : '',
    sourceText(source),
  ]
}

function sourceText(source: IncidentSource): string {
  switch (source.kind) {
    case 'pagerduty':
      return source.htmlUrl === null
        ? `PagerDuty ${code(source.pagerdutyId)}`
        : linked(safeUrl(source.htmlUrl), 'PagerDuty')
    case 'alertmanager':
      return linked(source.url === null ? null : safeUrl(source.url), 'Alertmanager')
    case 'error-rate-watch':
      return 'seen by the error-rate watch'
    case 'metric-watch':
      return `seen by the watch ${code(source.watch)}`
  }
}

/** Only web addresses become links, and nothing in them can end the link. */
function safeUrl(url: string): string | null {
  return /^https?:\/\/[^\s<>|]{1,1000}$/.test(url) ? url : null
}

function goingOn({ incident, diagnosis }: IncidentRecord): string {
  const symptom = diagnosis?.symptom.text ?? incident.signals[0]?.summary ?? incident.title
  return `${sentence(line(symptom, 600))} First seen ${whenDay(incident.detectedAtMs)}.`
}

function cause(scene: Scene): string {
  const { diagnosis, location, state } = scene.record
  if (diagnosis === null) {
    return state === 'DIAGNOSING' || state === 'DETECTED'
      ? 'Not known yet; the analysis is running.'
      : 'Not found.'
  }
  const first = diagnosis.hypotheses[0]
  if (diagnosis.abstained !== null || first === undefined) {
    return `No cause is named: ${sentence(line(diagnosis.abstained ?? 'no hypothesis was left', 500))}`
  }
  const sure = linked(scene.link('diagnosis'), `${confidencePercent(first.confidence)} confident`)
  const shown = whatItShows(diagnosis, location)
  const suspect = location?.suspectCommit ?? null
  // Short on purpose: the whole sentence with its evidence is the thread's first message.
  if (first.change === null && shown === null) return `${line(first.summary, 400)} (${sure})`
  return [
    `${code(first.service)}${first.change === null ? '' : changeText(first.change)} (${sure}).`,
    ...(shown === null ? [] : [shown]),
    ...(suspect === null ? [] : [suspectText(suspect)]),
  ].join('\n')
}

const CHANGE: Readonly<Record<Change['kind'], string>> = {
  deploy: 'deploy',
  config: 'change of configuration',
  commit: 'commit',
}

function changeText({ kind, at, summary }: Change): string {
  return `, since its ${CHANGE[kind]} ${whenDay(at * 1000)}: ${line(summary, 160)}`
}

/** Where a trace names no line, what is measured, and where the release was found to bring it about. */
function whatItShows(diagnosis: Diagnosis, location: Location | null): string | null {
  const { fault, stackTrace } = diagnosis
  if (location?.config !== undefined) return configText(location, location.config.change)
  if (fault === undefined || fault.kind === 'exception') {
    const thrown = location?.exception ?? stackTrace
    return thrown === null ? null : thrownText(thrown, location)
  }
  const at = location === null ? '' : ` Probably at ${code(`${location.file}:${location.line}`)}.`
  const what = fault.kind === 'exhaustion' ? `It runs out of ${fault.resource}` : FAULT[fault.kind]
  return `${what}: ${sentence(line(fault.because, 300))}${at}`
}

const FAULT: Readonly<Record<Exclude<Fault['kind'], 'exception' | 'exhaustion'>, string>> = {
  errors: 'Its requests fail without an exception',
  'slow-answers': 'It answers slowly',
}

function configText({ file, line: number, exception }: Location, change: string): string {
  const thrown =
    exception === null ? '' : `. It throws ${code(exception.type)}: ${line(exception.message, 160)}`
  return sentence(`At ${code(`${file}:${number}`)} of its configuration: ${line(change)}${thrown}`)
}

function thrownText({ type, message }: { type: string; message: string }, location: Location | null): string {
  const at = location === null ? '' : ` at ${code(`${location.file}:${location.line}`)}`
  const failure = upstreamFailure({ type, message })
  const whose = failure === null ? '' : ` There ${describeUpstreamFailure(failure)}.`
  return `It throws ${code(type)}${at}: ${sentence(line(message, 160))}${whose}`
}

function suspectText({ commit, subject }: CommitSummary): string {
  return `Suspect commit ${code(commit.slice(0, 10))}: ${sentence(line(subject, 120))}`
}

function whatNext(scene: Scene): string {
  const { record } = scene
  const { paused } = record
  const step = `${soFar(record)}${nextStep(scene)}`
  if (paused === null || outcomeOf(record) !== 'open') return step
  return `Paused by ${who(paused.by)} at ${when(paused.atMs)}: ${sentence(line(paused.reason))} Nothing moves forward until somebody resumes.\n${step}`
}

/** What earlier tries came to, while another is under way. */
function soFar({ state, mitigated, attempts }: Scene['record']): string {
  if (state === 'RESOLVED' || state === 'CLOSED') return ''
  if (mitigated !== null) {
    return `*The pain is stopped*: ${line(mitigated.title)} since ${when(mitigated.atMs)}. The lasting fix is still due.\n`
  }
  const last = attempts.at(-1)
  const reason = last?.rollout?.rollbackReason
  if (state === 'HANDED_OVER' || reason === null || reason === undefined) return ''
  return `${line(last?.patch?.title ?? 'The fix before')} was rolled back: ${sentence(line(reason, 300))}\n`
}

function nextStep(scene: Scene): string {
  const { record } = scene
  switch (record.state) {
    case 'AWAITING_APPROVAL':
      return awaiting(scene)
    case 'APPROVAL_EXPIRED':
      return 'Nobody decided in time, so nothing was changed. *Ask again* runs the gates anew and asks for a new approval.'
    case 'QUEUED':
      return record.waitingFor.length === 0
        ? 'Approved. The rollout starts at once.'
        : `Approved. It waits for ${list(record.waitingFor.map((each) => code(each)))} to finish, then starts by itself.`
    case 'DEPLOYING':
      return deploying(scene)
    case 'LINKED':
      return `Both have one cause, so there is one fix: ${otherIncident(scene, record.linkedTo)}. This one is looked at again when that fix is in production, and is resolved only if it is well then.`
    case 'RESOLVED':
      if (record.linkedTo !== null)
        return `Nothing. It was cured by the fix of ${otherIncident(scene, record.linkedTo)}, and ${resolvedWords(record.incident)}. ${summaryLink(scene)}`
      return `Nothing. The fix is ${linked(scene.link('rollout'), 'verified at 100 %')} and ${resolvedWords(record.incident)}. ${summaryLink(scene)}`
    case 'HANDED_OVER':
      return `${handOver(record)} ${summaryLink(scene)}`
    case 'CLOSED':
      return `Nothing. ${closedWords(record.incident)}. ${summaryLink(scene)}`
    default:
      return `${stateWords(record).words}. You need to do nothing yet; you will be asked before anything changes.`
  }
}

function otherIncident(scene: Scene, link: IncidentLink | null): string {
  if (link === null) return 'another incident'
  return linked(scene.thread(link.incidentId), line(link.title, 120))
}

/** Where to begin; that no cause is known is said above. */
function handOver({ handOver, diagnosis }: Scene['record']): string {
  const look = diagnosis?.abstained === null ? undefined : diagnosis?.wouldSettle?.[0]
  if (look !== undefined) return `A person takes over. Look first at ${sentence(line(look, 600))}`
  return `A person takes over: ${sentence(line(handOver?.reason ?? 'the reason is in the thread', 600))}`
}

function summaryLink(scene: Scene): string {
  const url = scene.link('end')
  return url === null ? '' : linked(url, 'Summary')
}

function awaiting(scene: Scene): string {
  const { approval, patch } = scene.record
  if (approval === null) return 'Waiting for an approval.'
  const open = placesInWords(openPlaces(approval))
  const progress =
    approval.quorum.length > 1 ? ` ${approval.votes.length} of ${approval.quorum.length} have approved.` : ''
  const what = linked(
    scene.link(approvalKey(scene.record)),
    line(patch?.title ?? 'the fix').replaceAll('`', ''), // Slack formats nothing inside a link
  )
  return `*${open}* decides on: ${what}.${progress} It expires ${when(approval.expiresAtMs)}.`
}

function deploying(scene: Scene): string {
  const { rollout, verdict, paused } = scene.record
  const link = linked(scene.link('rollout'), 'numbers and graph')
  if (rollout === null) return 'The canary is being started.'
  if (rollout.phase === 'ROLLBACK') {
    return `Going back to ${code(rollout.controlVersion)}: ${line(rollout.rollbackReason ?? 'somebody asked for it')}`
  }
  // No numbers here: they change with every look, and Slack limits how often a message may be edited.
  const next =
    paused === null
      ? 'on by itself when it is healthy and back when it is not'
      : 'back by itself if it does harm'
  return `The fix has ${rollout.weightPercent} % of the traffic (${link}). ${judgement(verdict)} It goes ${next}.`
}

function judgement(verdict: Scene['record']['verdict']): string {
  if (verdict === null) return 'Nothing is measured yet.'
  if (verdict.decision === 'fail') return 'It is worse than the version before.'
  return verdict.decision === 'pass' ? 'It is healthy so far.' : 'The evidence is being gathered.'
}

function notes(scene: Scene) {
  const { record } = scene
  const { trouble, escalated, siblings } = record
  const waiting = siblings.map((each) => otherIncident(scene, each))
  const texts = [
    waiting.length === 0 ? '' : `🔗 The same cause: ${list(waiting)}`,
    trouble === null ? '' : `⚠️ Trouble ${commandWords(trouble.command)}: ${line(trouble.message, 200)}`,
    escalated === null
      ? ''
      : `📣 Escalated by ${who(escalated.by)} at ${when(escalated.atMs)}: ${line(escalated.reason, 200)}`,
    `Incident ${code(record.incident.incidentId)}`,
  ]
  return context(...texts)
}
