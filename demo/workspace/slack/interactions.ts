import type { Feed, PendingClick } from '../feed.ts'
import type { SlackContext } from './context.ts'
import { elementsOf, valueFields } from './elements.ts'
import type { Entered, Placed } from './elements.ts'
import { newId } from './ids.ts'
import type { Ack } from './socket-mode.ts'
import type { Block, Fields, SlackMessage, SlackView } from './types.ts'

/** Where a click happened and on what. `value` picks among equal buttons, or is what was selected. */
export interface Click {
  readonly user: string
  readonly channel?: string
  readonly ts?: string
  readonly viewId?: string
  readonly actionId: string
  readonly blockId?: string
  readonly value?: Entered
}

interface Place {
  readonly blocks: readonly Block[]
  readonly message?: SlackMessage
  readonly view?: SlackView
}

/** Finds what was clicked, sends `block_actions`, and keeps the pending state the page shows. */
export class Interactions {
  readonly #context: SlackContext
  readonly #feed: Feed
  readonly #pending = new Map<string, PendingClick & { user: string }>()
  readonly #messageState = new Map<string, Record<string, Record<string, Fields>>>()

  constructor(context: SlackContext, feed: Feed) {
    this.#context = context
    this.#feed = feed
    // A message that was edited has been dealt with: its old warning signs go.
    feed.subscribe((change) => {
      if (change.kind === 'message') this.#forgetFailures(change.message.ts)
    })
  }

  pending(user: string): PendingClick[] {
    return [...this.#pending.values()]
      .filter((entry) => entry.user === user)
      .map(({ user: _user, ...rest }) => rest)
  }

  /** Clicks. Throws a sentence when there is nothing to click there; answers how the app acknowledged. */
  async click(click: Click): Promise<Ack> {
    const place = this.#place(click)
    const placed = find(place, click)
    const key = [
      click.user,
      click.ts ?? click.viewId,
      placed.block.block_id,
      placed.element.action_id,
      String(placed.element.value ?? ''),
    ].join('|')
    if (this.#pending.get(key)?.state === 'waiting') {
      throw new Error(`"${click.actionId}" is disabled: its last click has not been acknowledged yet`)
    }
    const payload = this.#payload(click, place, placed)
    this.#setPending(key, click, placed, 'waiting')
    const ack = await this.#context.sockets.deliver('interactive', payload)
    if (ack.kind === 'acked') this.#pending.delete(key)
    else this.#setPending(key, click, placed, 'failed')
    this.#publish(click.user)
    return ack
  }

  #setPending(key: string, click: Click, { block, element }: Placed, state: PendingClick['state']): void {
    const id = this.#pending.get(key)?.id ?? newId('')
    const where = click.viewId ? { viewId: click.viewId } : { channel: click.channel, ts: click.ts }
    this.#pending.set(key, {
      id,
      user: click.user,
      ...where,
      blockId: String(block.block_id),
      actionId: String(element.action_id),
      state,
    })
    this.#publish(click.user)
  }

  #forgetFailures(ts: string): void {
    for (const [key, entry] of this.#pending) {
      if (entry.ts !== ts || entry.state !== 'failed') continue
      this.#pending.delete(key)
      this.#publish(entry.user)
    }
  }

  #publish(user: string): void {
    this.#feed.publish({ kind: 'pending', user, pending: this.pending(user) })
  }

  #place({ user, channel, ts, viewId }: Click): Place {
    const { state, modals } = this.#context
    if (viewId) {
      const view = [modals.current(user)?.view, state.homes.get(user)].find((entry) => entry?.id === viewId)
      if (!view) throw new Error(`no open view ${viewId} for ${user}`)
      return { blocks: view.blocks, view }
    }
    const known = channel && ts ? state.message(channel, ts) : undefined
    const message = known ?? state.ephemerals(user).find((entry) => entry.message.ts === ts)?.message
    if (!message || !channel)
      throw new Error(`no message ${ts ?? ''} in channel ${channel ?? ''} for ${user}`)
    if (!state.channels.get(channel)?.members.has(user))
      throw new Error(`${user} is not in channel ${channel}`)
    const inAttachments = (message.attachments ?? []).flatMap((item) => (item.blocks ?? []) as Block[])
    return { blocks: [...(message.blocks ?? []), ...inAttachments], message }
  }

  #payload(click: Click, place: Place, placed: Placed): Fields {
    const action = actionFields(placed, click.value, this.#context.state.newTs())
    const base = { type: 'block_actions', ...this.commonFields(click.user), actions: [action] }
    if (place.view) return this.#viewPayload(base, click, place.view)
    return this.#messagePayload(base, click, place.message as SlackMessage, placed)
  }

  #viewPayload(base: Fields, click: Click, view: SlackView): Fields {
    return {
      ...base,
      trigger_id: this.#context.triggers.issue(click.user, view.id),
      container: { type: 'view', view_id: view.id },
      view: { ...view },
    }
  }

  #messagePayload(base: Fields, click: Click, message: SlackMessage, placed: Placed): Fields {
    const channel = click.channel as string
    const ephemeral = message.is_ephemeral === true
    const thread = message.thread_ts ? { thread_ts: message.thread_ts } : {}
    const target = {
      user: click.user,
      channel,
      ts: message.ts,
      ephemeral,
      ...(message.thread_ts ? { threadTs: message.thread_ts } : {}),
    }
    return {
      ...base,
      trigger_id: this.#context.triggers.issue(click.user),
      container: {
        type: 'message',
        message_ts: message.ts,
        channel_id: channel,
        is_ephemeral: ephemeral,
        ...thread,
      },
      channel: { id: channel, name: this.#context.state.channels.get(channel)?.name ?? '' },
      // Slack does not repeat an ephemeral message to the app.
      ...(ephemeral ? {} : { message: { ...message } }),
      state: { values: this.#recordState(click, placed) },
      response_url: `${this.#context.state.seed.baseUrl()}/response/${this.#context.responseUrls.issue(target)}`,
    }
  }

  /** Selects and inputs in a message keep their value between clicks, per person. */
  #recordState(click: Click, { block, element }: Placed): Record<string, Record<string, Fields>> {
    const key = `${click.user} ${click.ts ?? ''}`
    const values = this.#messageState.get(key) ?? {}
    if (element.type !== 'button' && element.type !== 'overflow') {
      const blockId = String(block.block_id)
      values[blockId] = {
        ...values[blockId],
        [String(element.action_id)]: { type: element.type, ...valueFields(element, click.value) },
      }
      this.#messageState.set(key, values)
    }
    return values
  }

  /** Fields that every interaction carries. */
  commonFields(userId: string): Fields {
    const { state } = this.#context
    const user = state.users.get(userId)
    if (!user) throw new Error(`nobody here is ${userId}`)
    return {
      token: 'verification-token',
      api_app_id: state.seed.appId,
      team: { id: state.seed.teamId, domain: state.seed.teamName.toLowerCase().replace(/\W+/g, '-') },
      user: { id: user.id, username: user.handle, name: user.handle, team_id: state.seed.teamId },
      enterprise: null,
      is_enterprise_install: false,
    }
  }
}

function find(place: Place, { actionId, blockId, value }: Click): Placed {
  const all = elementsOf(place.blocks)
  const matches = all.filter(
    ({ block, element }) => element.action_id === actionId && (!blockId || block.block_id === blockId),
  )
  const byValue =
    typeof value === 'string'
      ? matches.find(({ element }) => element.type === 'button' && element.value === value)
      : undefined
  const only = matches.length === 1 ? matches[0] : undefined
  const clicked =
    byValue ??
    (only && !(only.element.type === 'button' && typeof value === 'string' && value !== only.element.value)
      ? only
      : undefined) ??
    (value === undefined ? matches[0] : undefined)
  if (clicked) return clicked
  const there = all.map(
    ({ element }) => `${String(element.action_id)}${element.value ? `=${String(element.value)}` : ''}`,
  )
  throw new Error(
    `no "${actionId}"${typeof value === 'string' ? ` with value "${value}"` : ''} to click there; there is: ${there.join(', ') || 'nothing'}`,
  )
}

function actionFields({ block, element }: Placed, value: Entered, actionTs: string): Fields {
  const base = {
    type: element.type,
    block_id: block.block_id,
    action_id: element.action_id,
    action_ts: actionTs,
  }
  if (element.type !== 'button')
    return {
      ...base,
      ...valueFields(element, value),
      ...pick(element, ['placeholder', 'initial_option', 'confirm']),
    }
  return { ...base, ...pick(element, ['text', 'value', 'style', 'url', 'confirm']) }
}

const pick = (from: Fields, keys: readonly string[]): Fields =>
  Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]))
