import type { Feed, ModalState } from '../feed.ts'
import { SlackApiError, refusal } from './api-error.ts'
import { newId } from './ids.ts'
import { limits } from './limits.ts'
import { isFields, withBlockIds } from './state.ts'
import type { Block, Fields, SlackView } from './types.ts'
import { viewProblems } from './validate-blocks.ts'

interface Stack {
  views: SlackView[]
  errors: Record<string, string>
  busy: boolean
  trouble?: string
}

/** Identity fields that every view of the app carries. */
export interface ViewOwner {
  readonly teamId: string
  readonly appId: string
  readonly botId: string
}

/** The modal stacks of all people; at most three views deep, as in Slack. */
export class Modals {
  readonly #stacks = new Map<string, Stack>()
  readonly #owner: ViewOwner
  readonly #feed: Feed

  constructor(owner: ViewOwner, feed: Feed) {
    this.#owner = owner
    this.#feed = feed
  }

  /** Builds a stored view from the app's payload; refuses what Slack refuses. */
  build(payload: unknown, method: string, previous?: SlackView): SlackView {
    if (!isFields(payload))
      throw refusal('invalid_arguments', [`missing required field: view [json-pointer:/view] (${method})`])
    const problems = viewProblems(payload)
    if (problems.length > 0) throw refusal('invalid_arguments', problems)
    const id = newId('V')
    return {
      id,
      type: payload.type === 'home' ? 'home' : 'modal',
      team_id: this.#owner.teamId,
      app_id: this.#owner.appId,
      bot_id: this.#owner.botId,
      app_installed_team_id: this.#owner.teamId,
      previous_view_id: previous?.id ?? null,
      root_view_id: previous?.root_view_id ?? id,
      state: { values: {} },
      hash: newHash(),
      ...this.#content(payload),
    }
  }

  #content(
    payload: Fields,
  ): Omit<
    SlackView,
    | 'id'
    | 'type'
    | 'team_id'
    | 'app_id'
    | 'bot_id'
    | 'app_installed_team_id'
    | 'previous_view_id'
    | 'root_view_id'
    | 'state'
    | 'hash'
  > {
    return {
      title: payload.title as Fields,
      submit: (payload.submit as Fields | undefined) ?? null,
      close: (payload.close as Fields | undefined) ?? null,
      callback_id: text(payload.callback_id),
      external_id: text(payload.external_id),
      private_metadata: text(payload.private_metadata),
      clear_on_close: payload.clear_on_close === true,
      notify_on_close: payload.notify_on_close === true,
      blocks: withBlockIds(payload.blocks as Block[]),
    }
  }

  /** Shows a view as the person's only modal. */
  open(user: string, view: SlackView): void {
    this.#stacks.set(user, { views: [view], errors: {}, busy: false })
    this.#publish(user)
  }

  push(user: string, payload: unknown): SlackView {
    const stack = this.#stacks.get(user)
    const top = stack?.views.at(-1)
    if (!stack || !top) throw new SlackApiError('invalid_trigger_id')
    if (stack.views.length >= limits.viewStack) throw new SlackApiError('push_limit_reached')
    const view = this.build(payload, 'views.push', top)
    stack.views.push(view)
    stack.errors = {}
    this.#publish(user)
    return view
  }

  /** Replaces a view's content in place; a stale `hash` is refused so that a race cannot overwrite. */
  update(id: { viewId?: string; externalId?: string; hash?: string }, payload: unknown): SlackView {
    const place = this.#find(id)
    if (!place) throw new SlackApiError('not_found')
    if (id.hash && id.hash !== place.view.hash) throw new SlackApiError('hash_conflict')
    const fresh = this.build(payload, 'views.update')
    const kept = {
      id: place.view.id,
      root_view_id: place.view.root_view_id,
      previous_view_id: place.view.previous_view_id,
    }
    Object.assign(place.view, fresh, kept)
    const stack = this.#stacks.get(place.user)
    if (stack) stack.errors = {}
    this.#publish(place.user)
    return place.view
  }

  #find(id: { viewId?: string; externalId?: string }): { user: string; view: SlackView } | undefined {
    for (const [user, stack] of this.#stacks) {
      const view = stack.views.find(
        (entry) => entry.id === id.viewId || (!!id.externalId && entry.external_id === id.externalId),
      )
      if (view) return { user, view }
    }
    return undefined
  }

  /** What the person sees now; null without a modal. */
  current(user: string): ModalState | null {
    const stack = this.#stacks.get(user)
    const view = stack?.views.at(-1)
    if (!stack || !view) return null
    return {
      view,
      depth: stack.views.length,
      errors: stack.errors,
      busy: stack.busy,
      ...(stack.trouble ? { trouble: stack.trouble } : {}),
    }
  }

  mark(user: string, change: { busy?: boolean; errors?: Record<string, string>; trouble?: string }): void {
    const stack = this.#stacks.get(user)
    if (!stack) return
    stack.busy = change.busy ?? stack.busy
    stack.errors = change.errors ?? stack.errors
    stack.trouble = change.trouble
    this.#publish(user)
  }

  /** Takes the top view away, or all of them; answers the views that went, top first. */
  close(user: string, everything: boolean): SlackView[] {
    const stack = this.#stacks.get(user)
    if (!stack) return []
    const gone = everything ? stack.views.splice(0).reverse() : stack.views.splice(-1)
    stack.errors = {}
    stack.busy = false
    delete stack.trouble
    if (stack.views.length === 0) this.#stacks.delete(user)
    this.#publish(user)
    return gone
  }

  #publish(user: string): void {
    this.#feed.publish({ kind: 'modal', user, modal: this.current(user) })
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const newHash = (): string => `${Math.floor(Date.now() / 1000)}.${newId('').slice(0, 8)}`
