import type { SlackMessage, SlackView } from './slack/types.ts'

/** Everything the page and `waitFor` may need to hear about, as it happens. */
export type Change =
  | { readonly kind: 'message'; readonly channel: string; readonly message: SlackMessage }
  | { readonly kind: 'messageDeleted'; readonly channel: string; readonly ts: string }
  | {
      readonly kind: 'ephemeral'
      readonly user: string
      readonly channel: string
      readonly message: SlackMessage
    }
  | {
      readonly kind: 'ephemeralDeleted'
      readonly user: string
      readonly channel: string
      readonly ts: string
    }
  | { readonly kind: 'modal'; readonly user: string; readonly modal: ModalState | null }
  | { readonly kind: 'home'; readonly user: string; readonly view: SlackView | null }
  | { readonly kind: 'pending'; readonly user: string; readonly pending: readonly PendingClick[] }
  | { readonly kind: 'channels' }
  | { readonly kind: 'connections'; readonly count: number }
  | { readonly kind: 'pagerduty' }
  | { readonly kind: 'mail' }
  | { readonly kind: 'status' }

/** The modal a person sees: the top of the stack, its field errors, and whether a submission is under way. */
export interface ModalState {
  readonly view: SlackView
  readonly depth: number
  readonly errors: Readonly<Record<string, string>>
  readonly busy: boolean
  readonly trouble?: string
}

/** A click the app has not acknowledged yet (`waiting`), or never did in time (`failed`). */
export interface PendingClick {
  readonly id: string
  readonly channel?: string
  readonly ts?: string
  readonly viewId?: string
  readonly blockId: string
  readonly actionId: string
  readonly state: 'waiting' | 'failed'
}

export type Listener = (change: Change) => void

/** A synchronous broadcast of changes: listeners run in the order they subscribed. */
export class Feed {
  readonly #listeners = new Set<Listener>()

  publish(change: Change): void {
    for (const listener of [...this.#listeners]) listener(change)
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Resolves with the first truthy answer of `probe`, asked now and after every change.
   * Rejects after `timeoutMs` with a sentence naming what was waited for.
   */
  async waitFor<T>(
    probe: () => T | undefined | null | false,
    timeoutMs: number,
    what = 'the awaited state',
  ): Promise<T> {
    const now = probe()
    if (now) return now
    return await new Promise<T>((resolve, reject) => {
      const finish = (end: () => void): void => {
        clearTimeout(timer)
        unsubscribe()
        end()
      }
      const timer = setTimeout(
        () => finish(() => reject(new Error(`waited ${timeoutMs} ms for ${what}, which did not come`))),
        timeoutMs,
      )
      const unsubscribe = this.subscribe(() => {
        try {
          const value = probe()
          if (value) finish(() => resolve(value))
        } catch (cause) {
          finish(() => reject(cause))
        }
      })
    })
  }
}
