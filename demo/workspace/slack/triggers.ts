import { SlackApiError } from './api-error.ts'
import { newId } from './ids.ts'
import { limits } from './limits.ts'

interface Trigger {
  readonly user: string
  readonly untilMs: number
  /** The modal the trigger came out of, where `views.push` puts the next one on top. */
  readonly viewId?: string
  used: boolean
}

/** Short-lived, single-use permissions to open a modal for the person who just clicked. */
export class Triggers {
  readonly #known = new Map<string, Trigger>()
  readonly #lifeMs: number
  readonly #nowMs: () => number

  constructor(lifeMs: number, nowMs: () => number) {
    this.#lifeMs = lifeMs
    this.#nowMs = nowMs
  }

  issue(user: string, viewId?: string): string {
    const id = `${this.#nowMs()}.${newId('')}`
    this.#known.set(id, { user, untilMs: this.#nowMs() + this.#lifeMs, viewId, used: false })
    return id
  }

  /** The trigger's person, or Slack's refusal: unknown, older than 3 s, or used before. */
  redeem(id: unknown): { user: string; viewId?: string } {
    const trigger = typeof id === 'string' ? this.#known.get(id) : undefined
    if (!trigger) throw new SlackApiError('invalid_trigger_id')
    if (trigger.untilMs < this.#nowMs()) throw new SlackApiError('expired_trigger_id')
    if (trigger.used) throw new SlackApiError('exchanged_trigger_id')
    trigger.used = true
    return { user: trigger.user, ...(trigger.viewId ? { viewId: trigger.viewId } : {}) }
  }
}

/** What a `response_url` may still do. */
export interface ResponseTarget {
  readonly user: string
  readonly channel: string
  readonly ts?: string
  readonly ephemeral: boolean
  readonly threadTs?: string
}

/** `response_url`s: five uses in thirty minutes. */
export class ResponseUrls {
  readonly #known = new Map<string, { target: ResponseTarget; untilMs: number; uses: number }>()
  readonly #lifeMs: number
  readonly #nowMs: () => number

  constructor(lifeMs: number, nowMs: () => number) {
    this.#lifeMs = lifeMs
    this.#nowMs = nowMs
  }

  issue(target: ResponseTarget): string {
    const id = newId('R')
    this.#known.set(id, { target, untilMs: this.#nowMs() + this.#lifeMs, uses: 0 })
    return id
  }

  /** The target for one more use; a word on why not otherwise. */
  use(id: string): ResponseTarget | 'unknown' | 'expired' | 'used_up' {
    const entry = this.#known.get(id)
    if (!entry) return 'unknown'
    if (entry.untilMs < this.#nowMs()) return 'expired'
    if (entry.uses >= limits.responseUrlUses) return 'used_up'
    entry.uses += 1
    return entry.target
  }
}
