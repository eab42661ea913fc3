import type { AccessPolicy } from '../../pipeline/access.ts'
import type { Delivery, DeliveryStore, Journal } from '../../pipeline/ports.ts'
import type { DesiredMessage } from '../views/desired-message.ts'
import { threadOf } from '../views/thread-of.ts'

/** What threads should be (from the journal) and what they are (from the deliveries), side by side. */
export interface ThreadState {
  /** The messages as they should be now; none for an unknown incident. */
  desired(incidentId: string): readonly DesiredMessage[]
  message(incidentId: string, key: string): DesiredMessage | null
  rows(incidentId: string): readonly Delivery[]
  row(incidentId: string, key: string): Delivery | null
  /** To be called when the record or a message's address has changed. */
  invalidate(incidentId: string): void
}

export interface ThreadStateDeps {
  readonly journal: Pick<Journal, 'record'>
  readonly deliveries: DeliveryStore
  readonly members: AccessPolicy['members']
  /** `https://example.slack.com/`, for links between messages; null where it is not known. */
  readonly teamUrl: string | null
}

/** Whether Slack has the message; a row without timestamp is a post whose outcome is not known. */
export function isPosted(row: Delivery | null): row is Delivery {
  return row !== null && row.ts !== ''
}

export function threadState({ journal, deliveries, members, teamUrl }: ThreadStateDeps): ThreadState {
  // A record with its diff and blocks is large: read and drawn once a change, not once a message.
  const drawn = new Map<string, readonly DesiredMessage[]>()

  function desired(incidentId: string): readonly DesiredMessage[] {
    const known = drawn.get(incidentId)
    if (known !== undefined) return known
    const record = journal.record(incidentId)
    const facts = {
      members,
      link: (key: string) => link(incidentId, key),
      thread: (other: string) => link(other, 'root'),
    }
    const messages = record === null ? [] : threadOf(record, facts)
    drawn.set(incidentId, messages)
    return messages
  }

  function row(incidentId: string, key: string): Delivery | null {
    return deliveries.deliveries(incidentId).find((each) => each.key === key) ?? null
  }

  function link(incidentId: string, key: string): string | null {
    const [root, target] = [row(incidentId, 'root'), row(incidentId, key)]
    if (teamUrl === null || !isPosted(root) || !isPosted(target)) return null
    const { channel, ts } = target
    return `${teamUrl}archives/${channel}/p${ts.replace('.', '')}?thread_ts=${root.ts}&cid=${channel}`
  }

  return {
    desired,
    row,
    message: (incidentId, key) => desired(incidentId).find((message) => message.key === key) ?? null,
    rows: (incidentId) => deliveries.deliveries(incidentId),
    invalidate: (incidentId) => void drawn.delete(incidentId),
  }
}
