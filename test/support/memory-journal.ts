import type { IncidentRecord } from '../../src/pipeline/machine.ts'
import { next } from '../../src/pipeline/next.ts'
import type { Delivery, DeliveryStore, Journal, Submission } from '../../src/pipeline/ports.ts'

const TIMING = { observeEveryMs: 2_000, lockRetryMs: 1_000 }

export interface MemoryJournal extends Pick<Journal, 'record' | 'records' | 'subscribe' | 'submit'> {
  /** Puts a record there as if it had always been, without telling anybody. */
  seed(record: IncidentRecord): void
  /** Puts a newer record there and tells the listeners, as a commit does. */
  commit(record: IncidentRecord): void
  readonly submissions: readonly Submission[]
}

/** The journal's part that the bot sees, on the real machine, in memory. */
export function memoryJournal(...seeds: readonly IncidentRecord[]): MemoryJournal {
  const records = new Map(seeds.map((record) => [record.incident.incidentId, record]))
  const listeners = new Set<(incidentId: string) => void>()
  const submissions: Submission[] = []
  const seen = new Set<string>()
  const commit = (record: IncidentRecord): void => {
    records.set(record.incident.incidentId, record)
    for (const listener of listeners) listener(record.incident.incidentId)
  }
  return {
    submissions,
    commit,
    seed: (record) => void records.set(record.incident.incidentId, record),
    record: (incidentId) => records.get(incidentId) ?? null,
    records: ({ openOnly, limit }) =>
      [...records.values()]
        .filter(({ state }) => !openOnly || (state !== 'RESOLVED' && state !== 'CLOSED'))
        .toReversed()
        .slice(0, limit),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    submit(submission) {
      const before = records.get(submission.incidentId) ?? null
      if (seen.has(submission.eventId)) return { kind: 'ignored', record: before, why: 'duplicate' }
      seen.add(submission.eventId)
      const after = next(before, submission, TIMING)
      if (after === null) return { kind: 'ignored', record: before, why: 'no-row' }
      submissions.push(submission)
      commit(after.record)
      return { kind: 'applied', record: after.record }
    },
  }
}

export interface MemoryDeliveries extends DeliveryStore {
  all(): readonly Delivery[]
}

export function memoryDeliveries(): MemoryDeliveries {
  const rows = new Map<string, Delivery>()
  const idOf = (incidentId: string, key: string): string => `${incidentId} ${key}`
  return {
    all: () => [...rows.values()],
    deliveries: (incidentId) => [...rows.values()].filter((row) => row.incidentId === incidentId),
    saveDelivery: (row) => void rows.set(idOf(row.incidentId, row.key), row),
    removeDelivery: (incidentId, key) => void rows.delete(idOf(incidentId, key)),
  }
}
