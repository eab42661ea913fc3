import { possibleActions } from '../../pipeline/commands.ts'
import type { IncidentRecord, TimelineEntry } from '../../pipeline/machine.ts'
import { context, section } from './blocks.ts'
import { desiredMessage, type DesiredMessage } from './desired-message.ts'
import { closedWords, resolvedWords } from './page-words.ts'
import { outcomeOf } from './scene.ts'
import { clip, duration, line, sentence, upperFirst, when, who } from './text.ts'

const LINES = 10

/** How it ended: what came of it, a short timeline, and how long each part worked. */
export function endMessage(record: IncidentRecord): DesiredMessage {
  const took = duration(record.stateSinceMs - record.incident.detectedAtMs)
  const title = `${heading(record)} after ${took}`
  return desiredMessage({
    key: 'end',
    summary: title,
    blocks: [
      section(`*${title}*\n${result(record)}`),
      section(timeline(record.timeline)),
      ...context(work(record), escalation(record)),
    ],
  })
}

function heading(record: IncidentRecord): string {
  switch (outcomeOf(record)) {
    case 'resolved':
      return '✅ Resolved'
    case 'handed over':
      return '🙋 Handed over to a person'
    default:
      return '☑️ Closed'
  }
}

function result(record: IncidentRecord): string {
  const { patch, handOver, state } = record
  if (state === 'RESOLVED' && record.linkedTo !== null) {
    const cured = record.timeline.at(-1)?.text ?? ''
    return `${sentence(line(cured, 300))} One cause, one fix: that of ${line(record.linkedTo.title, 200)}. ${upperFirst(resolvedWords(record.incident))}.`
  }
  if (state === 'RESOLVED') {
    const before = record.mitigated === null ? '' : `${line(record.mitigated.title)} stopped the pain. Then `
    return `${before}${line(patch?.title ?? 'the fix')} is at 100 %, verified against the version before. ${upperFirst(resolvedWords(record.incident))}.`
  }
  if (state === 'CLOSED') return `${closedWords(record.incident)}, so nothing more is done here.`
  const branch =
    patch === null ? '' : ` The proposed change is kept on branch \`${line(patch.branch, 200)}\`.`
  const next = possibleActions(record).includes('nextFix')
    ? ' *Next fix* in the message above proposes the next of the plan;'
    : ' In the message above'
  const refused = record.refusedFixes.length === 0 ? '.' : '; refused fixes are not proposed again.'
  const again = ` *Analyse again* starts anew${refused}`
  const reason = upperFirst(sentence(line(handOver?.reason ?? 'No reason was recorded', 900)))
  return `${reason}${calm(record)}${branch}${next}${again}`
}

/** Production may be well although the lasting fix is not there yet. */
function calm({ mitigated }: IncidentRecord): string {
  return mitigated === null ? '' : ` The pain is stopped: ${line(mitigated.title)} has all the traffic.`
}

/** The ten most telling lines: the beginning, the end, what persons did, where the traffic went, then the rest. */
function timeline(entries: readonly TimelineEntry[]): string {
  const shown = entries.length <= LINES ? entries : chosen(entries, LINES)
  const left = entries.length - shown.length
  const more = left > 0 ? [`_and ${left} more in the audit chain_`] : []
  return clip(['*Timeline*', ...shown.map(entryLine), ...more].join('\n'), 2_900)
}

/** What another line or another message of the thread says as well. */
const DETAIL = /^(Another alert joined|Fault (probably )?at|Fix written|Canary \S+ started)/

function chosen(entries: readonly TimelineEntry[], most: number): readonly TimelineEntry[] {
  const rank = (entry: TimelineEntry, index: number): number => {
    if (index === 0 || index === entries.length - 1) return 0
    if (entry.actor.kind === 'person') return 1
    return DETAIL.test(entry.text) ? 3 : 2
  }
  const byRank = entries
    .map((entry, index) => ({ index, rank: rank(entry, index) }))
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index)
  const kept = new Set(byRank.slice(0, most).map(({ index }) => index))
  return entries.filter((_, index) => kept.has(index))
}

function entryLine({ atMs, actor, text }: TimelineEntry): string {
  const by = actor.kind === 'person' ? ` (${who(actor)})` : ''
  return `${when(atMs)} ${line(text, 140)}${by}`
}

function work({ workMs }: IncidentRecord): string {
  const parts = Object.entries(workMs).map(([folder, ms]) => `${folder} ${duration(ms)}`)
  const total = Object.values(workMs).reduce((sum, ms) => sum + ms, 0)
  return parts.length === 0 ? '' : `Work ${duration(total)} without waiting: ${parts.join(', ')}`
}

function escalation({ escalated }: IncidentRecord): string {
  return escalated === null ? '' : `📣 Escalated by ${who(escalated.by)}: ${line(escalated.reason)}`
}
