import { stateWords } from '../src/bot/views/state-words.ts'
import { incidentRecords } from '../src/integrations/sqlite/incident-records.ts'
import { openForReading } from '../src/integrations/sqlite/open-database.ts'
import type { IncidentRecord } from '../src/pipeline/machine.ts'
import type { Status } from './workspace/snapshot.ts'

/** What the bot's journal holds of the incident that this page of PagerDuty opened or joined. */
export function recordOfPage(database: string, pagerdutyId: string): IncidentRecord | null {
  const { db, close } = openForReading(database)
  try {
    const records = incidentRecords(db).records({ openOnly: false, limit: 10 })
    return (
      records.find(({ incident }) =>
        incident.signals.some(
          ({ source }) => source.kind === 'pagerduty' && source.pagerdutyId === pagerdutyId,
        ),
      ) ?? null
    )
  } finally {
    close()
  }
}

/** Where the incident stands and whose turn it is, for somebody who sees it for the first time. */
export function statusOf(record: IncidentRecord): Status {
  const words = stateWords(record).words
  if (record.paused !== null && !isOver(record)) {
    return { text: `${words}. Press Resume in the thread to go on.`, tone: 'bad' }
  }
  switch (record.state) {
    case 'AWAITING_APPROVAL':
      return { text: 'Your turn: read the thread, then press Approve or Reject there.', tone: 'bad' }
    case 'APPROVAL_EXPIRED':
      return { text: 'Nobody decided in time. Press Ask again in the thread.', tone: 'bad' }
    case 'DEPLOYING':
      return { text: `${words}. You may pause it or roll it back in the thread.`, tone: 'busy' }
    case 'RESOLVED':
      return { text: 'Resolved: the fix is verified. Run it again from Demo, on the left.', tone: 'good' }
    case 'CLOSED':
      return { text: 'Closed in PagerDuty. Run it again from Demo, on the left.', tone: 'idle' }
    case 'HANDED_OVER':
      return { text: 'Over to you: the thread says why. Run it again from Demo, on the left.', tone: 'bad' }
    default:
      return { text: `Paged. The bot is at work in the thread: ${words.toLowerCase()}.`, tone: 'busy' }
  }
}

/** Nothing more will happen by itself. */
export function isOver({ state }: IncidentRecord): boolean {
  return state === 'RESOLVED' || state === 'CLOSED' || state === 'HANDED_OVER'
}
