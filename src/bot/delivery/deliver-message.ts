import type { Logger } from 'pino'
import { CcpError } from '../../pipeline/errors.ts'
import type { Delivery, DeliveryStore } from '../../pipeline/ports.ts'
import type { DesiredMessage } from '../views/desired-message.ts'
import { contentOf, withDelay, type Content } from './outgoing.ts'
import type { Pictures, Shown } from './pictures.ts'
import { isRefusal, sendContent } from './send-content.ts'
import type { SlackPort } from './slack-port.ts'

/**
 * One message brought to its desired state.
 *
 * B1  A row without a timestamp is written before a message is posted: where the answer was lost (a crash, a timeout),
 *     the message is looked up in Slack by its metadata before it is posted again.
 * B2  Nothing is sent whose hash is the one delivered.
 * B3  A reply that Slack put beside the thread is taken away: its root is gone, and the thread begins anew.
 */
export interface MessageDeps {
  readonly slack: SlackPort
  readonly deliveries: DeliveryStore
  readonly pictures: Pictures
  readonly log: Logger
}

export interface MessagePlace {
  readonly incidentId: string
  readonly channel: string
  /** Null for the root itself. */
  readonly threadTs: string | null
  readonly sinceMs: number
  /** How long ago the state changed; 0 where that is not worth a word. */
  readonly lateMs: number
}

export type Delivered =
  | { readonly kind: 'upToDate'; readonly againAtMs: number | null }
  /** Somebody deleted this reply. */
  | { readonly kind: 'messageGone' }
  /** Somebody deleted the root: there is no thread any more. */
  | { readonly kind: 'threadGone' }

/** Posts or edits the message where Slack does not show it as desired. Throws CcpError when Slack cannot be reached. */
export async function deliverMessage(
  message: DesiredMessage,
  place: MessagePlace,
  deps: MessageDeps,
): Promise<Delivered> {
  const row = await knownRow(message, place, deps)
  const shown = pictureFor(message, place, row, deps)
  const content = contentOf(message, shown.fileId)
  if (row !== null && row.contentHash === content.hash)
    return { kind: 'upToDate', againAtMs: shown.againAtMs } // B2
  const sent =
    row === null ? await post(message, content, place, deps) : await edit(content, row, place, deps)
  if (sent === null) return { kind: row === null || message.key === 'root' ? 'threadGone' : 'messageGone' }
  const { fileId, fileHash, againAtMs } = shown
  deps.deliveries.saveDelivery({ ...sent, contentHash: content.hash, fileId, fileHash })
  return { kind: 'upToDate', againAtMs }
}

type Posted = Pick<Delivery, 'incidentId' | 'key' | 'channel' | 'ts'>

/** The row of a message that is surely in Slack; an uncertain one is looked up first (B1). */
async function knownRow(
  message: DesiredMessage,
  place: MessagePlace,
  deps: MessageDeps,
): Promise<Delivery | null> {
  const row = deps.deliveries.deliveries(place.incidentId).find((each) => each.key === message.key) ?? null
  if (row === null || row.ts !== '') return row
  const { channel, threadTs, sinceMs, incidentId } = place
  const ts = await deps.slack.find({
    channel: row.channel || channel,
    threadTs,
    sinceMs,
    incidentId,
    key: message.key,
  })
  if (ts === null) return null
  const found = { ...row, ts, contentHash: '' }
  deps.deliveries.saveDelivery(found)
  return found
}

/** The picture is drawn before the message's turn comes; one that is due only now follows in the next round. */
function pictureFor(
  message: DesiredMessage,
  place: MessagePlace,
  row: Delivery | null,
  { pictures }: MessageDeps,
): Shown {
  if (message.image === null) return { fileId: null, fileHash: null, againAtMs: null }
  const choice = pictures.choose(place.incidentId, message.image, row)
  return choice === 'draw'
    ? { fileId: row?.fileId ?? null, fileHash: row?.fileHash ?? null, againAtMs: 0 }
    : choice
}

async function post(
  message: DesiredMessage,
  content: Content,
  place: MessagePlace,
  { slack, deliveries, log }: MessageDeps,
): Promise<Posted | null> {
  const { incidentId, channel, threadTs } = place
  const target = { incidentId, key: message.key, channel }
  deliveries.saveDelivery({ ...target, ts: '', contentHash: '', fileId: null, fileHash: null }) // B1
  const answer = await sendContent(
    delayed(content, place),
    (form) => slack.post({ ...form, ...target, threadTs }),
    log,
  )
  if (isRefusal(answer)) throw refusedAltogether(message.key, answer.detail)
  if (answer.kind === 'threadGone') return null
  if (threadTs !== null && answer.threadTs !== threadTs) {
    await slack.remove(channel, answer.ts) // B3
    return null
  }
  return { ...target, ts: answer.ts }
}

async function edit(
  content: Content,
  row: Delivery,
  place: MessagePlace,
  { slack, log }: MessageDeps,
): Promise<Posted | null> {
  const { incidentId, key, channel, ts } = row
  const answer = await sendContent(
    delayed(content, place),
    (form) => slack.update({ ...form, incidentId, key, channel, ts }),
    log,
  )
  if (isRefusal(answer)) throw refusedAltogether(key, answer.detail)
  return answer.kind === 'messageGone' ? null : { incidentId, key, channel, ts }
}

function delayed(content: Content, { lateMs }: MessagePlace): Content {
  return lateMs > 0 ? withDelay(content, lateMs) : content
}

function refusedAltogether(key: string, detail: string): CcpError {
  return new CcpError('bad-input', `Slack refuses the message "${key}" in every form: ${detail}`, {
    retryable: true,
  })
}
