import type { Logger } from 'pino'
import type { CommandDeps } from '../../pipeline/commands.ts'
import type { Journal } from '../../pipeline/ports.ts'
import type { ThreadDelivery } from '../delivery/thread-delivery.ts'
import type { Conversation } from './conversation.ts'

/** What handlers work with. */
export interface HandlerDeps extends CommandDeps {
  readonly journal: Pick<Journal, 'record' | 'records' | 'submit'>
  readonly conversation: Conversation
  readonly delivery: Pick<ThreadDelivery, 'settleNow'>
  readonly log: Logger
  verifyAudit(): AuditAnswer
}

/** The audit chain as it was found: see `ccp audit verify`. */
export interface AuditAnswer {
  readonly rows: number
  readonly valid: boolean
  /** Hash of the last row that holds. */
  readonly head: string
  readonly firstBad: { readonly seq: number; readonly why: string } | null
}
