import type { Logger } from 'pino'
import { toCcpError, type CcpError } from '../../pipeline/errors.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import type { Delivery } from '../../pipeline/ports.ts'
import type { DeliverySettings } from '../settings.ts'
import type { DesiredMessage } from '../views/desired-message.ts'
import { TRANSIENT_KEYS } from '../views/thread-of.ts'
import { catchUpSchedule } from './catch-up-schedule.ts'
import { deliverMessage, type Delivered, type MessagePlace } from './deliver-message.ts'
import { contentOf } from './outgoing.ts'
import { pacedQueue, type PacedQueue } from './paced-queue.ts'
import { pictures } from './pictures.ts'
import type { SlackPort } from './slack-port.ts'
import { isPosted, threadState, type ThreadStateDeps } from './thread-state.ts'

/**
 * Keeps the threads in Slack equal to the journal.
 *
 * T1  The thread is a projection: what to send is computed from the newest record at the moment of sending, so that
 *     states which nobody could have seen are skipped, and any failure is mended by doing it again.
 * T2  One call at a time for each message: an older state can never overwrite a newer one.
 * T3  Decisions go before news: roots and approvals are sent before all else, and what a person has just clicked on
 *     passes the queue altogether.
 * T4  An incident that Slack does not take for long is reported once, so that it can go another way.
 */
export interface ThreadDelivery {
  /** The incident has changed: its thread follows as soon as Slack's limits allow. */
  changed(incidentId: string): void
  /** Brings the message at `ts` up to date at once, past the queue. */
  settleNow(incidentId: string, ts: string): Promise<void>
  /** Resolves when every thread shows the newest state, or its delivery waits for a later try. */
  idle(): Promise<void>
  stop(graceMs: number): Promise<void>
}

export interface ThreadDeliveryDeps extends ThreadStateDeps {
  readonly slack: SlackPort
  /** Another client, for what a person waits for. */
  readonly interactive: SlackPort
  readonly channel: string
  readonly settings: DeliverySettings
  readonly log: Logger
  nowMs(): number
  render(svg: string): Promise<Buffer>
  onUndeliverable(outage: Undeliverable): void
}

/** What the thread would have said, for another way of saying it. */
export interface Undeliverable {
  readonly record: IncidentRecord
  readonly text: string
  readonly error: CcpError | null
}

const PRIORITY = { news: 0, decision: 10 } as const
const CURRENT: Delivered = { kind: 'upToDate', againAtMs: null }

export function deliverThreads(deps: ThreadDeliveryDeps): ThreadDelivery {
  const { deliveries, settings, log, slack } = deps
  const posts = pacedQueue({ burst: settings.postBurst, perSecond: settings.postsPerSecond })
  const updates = pacedQueue({ burst: settings.updateBurst, perSecond: settings.updatesPerMinute / 60 })
  const drawer = pictures(deps)
  const threads = threadState(deps)
  const busy = new Map<string, Promise<unknown>>()
  const schedule = catchUpSchedule({
    settings,
    nowMs: deps.nowMs,
    round,
    outage,
    failed: (incidentId, { message, mend }, waitMs) =>
      log.warn({ incidentId, error: message, mend, waitMs }, 'a thread is behind; trying again'),
  })

  /** All messages of the thread once; when a further round is wanted for a picture held back. */
  async function round(incidentId: string): Promise<number | null> {
    threads.invalidate(incidentId)
    if (threads.desired(incidentId).length === 0) return null
    if (!isPosted(threads.row(incidentId, 'root'))) {
      if ((await send(incidentId, 'root', posts)).kind === 'threadGone') return startOver(incidentId)
    }
    await tidy(incidentId)
    const inSlack = (message: DesiredMessage): boolean => isPosted(threads.row(incidentId, message.key))
    const wanted = threads.desired(incidentId)
    const known = wanted.filter(inSlack).toSorted((a, b) => Number(b.urgent) - Number(a.urgent))
    const unposted = wanted.filter((message) => !inSlack(message))
    const lanes = await Promise.all([inTurn(incidentId, unposted, posts), inTurn(incidentId, known, updates)])
    // Posting has given messages addresses, to which the root links.
    const answers = [...lanes, await send(incidentId, 'root', updates)]
    if (answers.some((answer) => answer.kind === 'threadGone')) return startOver(incidentId)
    threads.invalidate(incidentId) // Drawn threads are large and are not kept for incidents at rest.
    return earliest(answers)
  }

  /** One after the other; gives up the rest when the incident has moved on, for the next round sends the newest (T1). */
  async function inTurn(
    incidentId: string,
    messages: readonly DesiredMessage[],
    queue: PacedQueue,
  ): Promise<Delivered> {
    const done: Delivered[] = []
    for (const { key } of messages) {
      if (schedule.isDirty(incidentId) && done.length > 0) break
      const answer = await send(incidentId, key, queue)
      if (answer.kind === 'threadGone') return answer
      done.push(answer)
    }
    return { kind: 'upToDate', againAtMs: earliest(done) }
  }

  /** Waits for the message's turn only where there is something to send. */
  async function send(incidentId: string, key: string, queue: PacedQueue): Promise<Delivered> {
    const message = threads.message(incidentId, key)
    if (message === null) return CURRENT
    const priority = message.urgent ? PRIORITY.decision : PRIORITY.news // T3
    await drawIfDue(incidentId, message)
    return (
      asShown(incidentId, message) ?? (await queue.run(() => sendNewest(incidentId, key, slack), priority))
    )
  }

  /** Before the message's turn, so that nobody waits behind an upload. */
  async function drawIfDue(incidentId: string, { image, key }: DesiredMessage): Promise<void> {
    const isDue = image !== null && drawer.choose(incidentId, image, threads.row(incidentId, key)) === 'draw'
    if (isDue) await drawer.draw(incidentId, image)
  }

  function asShown(incidentId: string, message: DesiredMessage): Delivered | null {
    const row = threads.row(incidentId, message.key)
    if (!isPosted(row)) return null
    const shown = message.image === null ? null : drawer.choose(incidentId, message.image, row)
    if (shown === 'draw') return null
    const isSame = contentOf(message, shown?.fileId ?? null).hash === row.contentHash
    return isSame ? { kind: 'upToDate', againAtMs: shown?.againAtMs ?? null } : null
  }

  async function sendNewest(incidentId: string, key: string, port: SlackPort): Promise<Delivered> {
    return await exclusively(`${incidentId} ${key}`, async () => {
      const message = threads.message(incidentId, key) // T1
      if (message === null) return CURRENT
      const wasPosted = isPosted(threads.row(incidentId, key))
      const place = placeOf(incidentId, key)
      const answer = await deliverMessage(message, place, { slack: port, deliveries, pictures: drawer, log })
      if (answer.kind === 'upToDate') schedule.progressed(incidentId)
      if (answer.kind === 'messageGone') deliveries.removeDelivery(incidentId, key)
      if (answer.kind === 'messageGone') schedule.changed(incidentId)
      if (!wasPosted) threads.invalidate(incidentId)
      return answer
    })
  }

  function placeOf(incidentId: string, key: string): MessagePlace {
    const root = threads.row(incidentId, 'root')
    const detectedAtMs = deps.journal.record(incidentId)?.incident.detectedAtMs ?? 0
    const behindMs = schedule.behindMs(incidentId)
    return {
      incidentId,
      channel: root?.channel ?? deps.channel,
      threadTs: key === 'root' ? null : (root?.ts ?? null),
      sinceMs: detectedAtMs - CLOCK_TOLERANCE_MS,
      lateMs: behindMs >= settings.lateAfterMs ? behindMs : 0,
    }
  }

  /** T2 */
  async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    while (busy.has(name)) await Promise.allSettled([busy.get(name)])
    const running = work().finally(() => busy.delete(name))
    busy.set(name, running)
    return await running
  }

  /** Messages that the thread no longer wants: passing ones are removed, the others stay as history. */
  async function tidy(incidentId: string): Promise<void> {
    const wanted = new Set(threads.desired(incidentId).map((message) => message.key))
    for (const row of threads.rows(incidentId)) {
      if (wanted.has(row.key) || row.key.startsWith(PAST)) continue
      if (TRANSIENT_KEYS.includes(row.key)) await removeMessage(row)
      else if (isPosted(row)) deliveries.saveDelivery({ ...row, key: `${PAST}${row.ts}:${row.key}` })
      deliveries.removeDelivery(incidentId, row.key)
    }
  }

  async function removeMessage(row: Delivery): Promise<void> {
    if (isPosted(row)) await updates.run(() => slack.remove(row.channel, row.ts), PRIORITY.news)
  }

  /**
   * The root was deleted: what is left of the thread goes too, so that no live button stays behind, and it begins anew.
   * The root's row goes last: after a crash in between, the deleted root is met again.
   */
  async function startOver(incidentId: string): Promise<null> {
    log.warn({ incidentId }, 'the thread was deleted in Slack; posting it again')
    const rows = threads
      .rows(incidentId)
      .toSorted((a, b) => Number(a.key === 'root') - Number(b.key === 'root'))
    for (const row of rows) {
      await removeMessage(row)
      deliveries.removeDelivery(incidentId, row.key)
    }
    drawer.forget(incidentId)
    schedule.changed(incidentId)
    return null
  }

  function outage(incidentId: string, error: CcpError | null): void {
    const record = deps.journal.record(incidentId)
    if (record === null) return
    const text = threads.message(incidentId, 'root')?.text ?? record.incident.title
    deps.onUndeliverable({ record, text, error }) // T4
  }

  async function settleNow(incidentId: string, ts: string): Promise<void> {
    const row = threads.rows(incidentId).find((each) => each.ts === ts)
    if (row === undefined || row.key.startsWith(PAST)) return
    try {
      await sendNewest(incidentId, row.key, deps.interactive) // T3
    } catch (thrown) {
      log.warn(
        { incidentId, error: toCcpError(thrown).message },
        'the clicked message was not edited at once',
      )
    }
  }

  return {
    changed(incidentId) {
      threads.invalidate(incidentId)
      schedule.changed(incidentId)
    },
    settleNow,
    idle: schedule.idle,
    async stop(graceMs) {
      await schedule.stop(graceMs)
      posts.stop()
      updates.stop()
    },
  }
}

/** A message of an earlier analysis, kept as it was. */
const PAST = 'past:'
/** Slack's clock and ours differ; a root older than its incident is not ours. */
const CLOCK_TOLERANCE_MS = 600_000

function earliest(answers: readonly Delivered[]): number | null {
  const times = answers.flatMap((answer) =>
    answer.kind === 'upToDate' && answer.againAtMs !== null ? [answer.againAtMs] : [],
  )
  return times.length === 0 ? null : Math.min(...times)
}
