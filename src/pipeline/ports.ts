import type { Actor } from './contracts.ts'
import type { CommandKind, IncidentRecord, MachineEvent } from './machine.ts'

/** One event for one incident; the same `eventId` is taken once, however often it is submitted. */
export interface Submission {
  readonly eventId: string
  readonly incidentId: string
  readonly event: MachineEvent
  readonly actor: Actor
  readonly atMs: number
}

export type SubmitResult =
  | { readonly kind: 'applied'; readonly record: IncidentRecord }
  /** Seen before, or no row of the table answers it in this state. */
  | { readonly kind: 'ignored'; readonly record: IncidentRecord | null; readonly why: 'duplicate' | 'no-row' }

/** One command of the outbox, claimed by this process. */
export interface ClaimedCommand {
  readonly commandId: string
  readonly incidentId: string
  readonly kind: CommandKind
  /** Fencing token: a later claim has a higher one, and only the highest may finish. */
  readonly epoch: number
  /** 1 for the first try. */
  readonly attempt: number
  /** True where an earlier claim died without an outcome. */
  readonly interrupted: boolean
  readonly record: IncidentRecord
}

export interface Journal {
  submit(submission: Submission): SubmitResult
  record(incidentId: string): IncidentRecord | null
  /** Newest first. */
  records(query: { readonly openOnly: boolean; readonly limit: number }): readonly IncidentRecord[]
  /** The next due command of an incident that has none in flight in its lane; null when there is none. */
  claim(lane: 'work' | 'notify', nowMs: number): ClaimedCommand | null
  renew(command: ClaimedCommand, nowMs: number): void
  /** Ends the command and applies its event in one transaction; throws `stale-epoch` if another has taken it over. */
  finish(
    command: ClaimedCommand,
    event: MachineEvent | null,
    facts: { atMs: number; workMs: number },
  ): SubmitResult | null
  /** Gives the command back, due later. */
  postpone(command: ClaimedCommand, dueMs: number, event: MachineEvent | null, atMs: number): void
  /** Writes an audit row before an effect; no row, no effect. */
  intend(command: ClaimedCommand, details: Readonly<Record<string, unknown>>, atMs: number): void
  /** When the next command falls due after that time; null when none does. */
  nextDueMs(afterMs: number): number | null
  /** Called after each commit with the incident that changed; returns the way to stop it. */
  subscribe(listener: (incidentId: string) => void): () => void
}

/** One Slack message that shows a part of an incident. */
export interface Delivery {
  readonly incidentId: string
  /** Which message of the thread: `root`, `diagnosis`, `gates` ... */
  readonly key: string
  readonly channel: string
  readonly ts: string
  /** Hash of what was last sent, so that the same is not sent again. */
  readonly contentHash: string
  /** Slack file behind the message's image, with the hash of its bytes. */
  readonly fileId: string | null
  readonly fileHash: string | null
}

export interface DeliveryStore {
  deliveries(incidentId: string): readonly Delivery[]
  saveDelivery(delivery: Delivery): void
  removeDelivery(incidentId: string, key: string): void
}

export interface LockStore {
  /** All at once or none; `resources` sorted. Counts the blast radius in the same transaction. */
  acquire(request: {
    readonly owner: string
    readonly resources: readonly string[]
    readonly maxOperations: number
    readonly atMs: number
    readonly ttlMs: number
  }): { readonly kind: 'acquired' } | { readonly kind: 'busy'; readonly by: readonly string[] }
  release(owner: string): void
  holders(): readonly { readonly owner: string; readonly resource: string; readonly untilMs: number }[]
}

/** Where pages are worked on. Every call may be made again without doing anything twice. */
export interface PageDesk {
  /** The command's id is written into the note, by which a repetition finds it. */
  addNote(pagerdutyId: string, commandId: string, text: string): Promise<void>
  resolve(pagerdutyId: string): Promise<void>
  /** To the next level of the escalation policy. */
  escalate(pagerdutyId: string): Promise<void>
}

export interface Mailer {
  send(mail: {
    readonly to: readonly string[]
    readonly subject: string
    readonly text: string
    readonly commandId: string
  }): Promise<void>
}
