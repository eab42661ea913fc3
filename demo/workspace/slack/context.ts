import type { Faults } from '../faults.ts'
import type { Events } from './events.ts'
import type { Modals } from './modals.ts'
import type { RateClass, RateLimits } from './rate-limits.ts'
import type { SocketMode } from './socket-mode.ts'
import type { SlackState } from './state.ts'
import type { ResponseUrls, Triggers } from './triggers.ts'
import type { Fields } from './types.ts'

/** The parts of the Slack stand-in that its methods work on. */
export interface SlackContext {
  readonly state: SlackState
  readonly sockets: SocketMode
  readonly events: Events
  readonly modals: Modals
  readonly triggers: Triggers
  readonly responseUrls: ResponseUrls
  readonly rates: RateLimits
  readonly faults: Faults
  readonly nowMs: () => number
}

/** One Web API method: who may call it, how often, and what it does. */
export interface Method {
  /** Any one of these scopes is enough; none means the token alone is. */
  readonly scopes: readonly string[]
  readonly rate: RateClass
  readonly tokenKind?: 'app'
  readonly run: (context: SlackContext, args: Fields) => Fields | Promise<Fields>
}

export type MethodTable = Readonly<Record<string, Method>>
