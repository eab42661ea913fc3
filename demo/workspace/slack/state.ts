import type { Feed } from '../feed.ts'
import { SlackApiError } from './api-error.ts'
import { newId, timestamps } from './ids.ts'
import type {
  Block,
  Fields,
  SlackChannel,
  SlackFile,
  SlackMessage,
  SlackTiming,
  SlackToken,
  SlackUser,
  SlackView,
} from './types.ts'

/** What a new Slack workspace is made of. */
export interface SlackSeed {
  readonly teamId: string
  readonly teamName: string
  readonly appId: string
  readonly botName: string
  readonly botToken: SlackToken
  readonly appToken: SlackToken
  readonly users: readonly SlackUser[]
  readonly channels: readonly {
    readonly id: string
    readonly name: string
    readonly isPrivate: boolean
    readonly topic: string
    readonly botIsMember: boolean
  }[]
  readonly timing: SlackTiming
  readonly baseUrl: () => string
}

/** A file between its upload URL and its place in a thread. */
export interface StoredFile {
  readonly file: SlackFile
  readonly uploadSecret: string
  readonly declaredBytes: number
  bytes?: Buffer
  complete: boolean
  /** Slack processes uploads asynchronously; image blocks may refer to the file only afterwards. */
  ready: boolean
}

/** What a bot or a person puts into a message. */
export interface MessageContent {
  readonly text: string
  readonly blocks?: Block[]
  readonly attachments?: Fields[]
  readonly metadata?: { event_type: string; event_payload: Fields }
  readonly files?: SlackFile[]
  readonly threadTs?: string
}

/** All that the Slack stand-in remembers. Every mutation publishes the change on the feed. */
export class SlackState {
  readonly seed: SlackSeed
  readonly feed: Feed
  readonly botUserId = newId('U')
  readonly botId = newId('B')
  readonly users = new Map<string, SlackUser>()
  readonly channels = new Map<string, SlackChannel>()
  readonly files = new Map<string, StoredFile>()
  readonly homes = new Map<string, SlackView>()
  readonly newTs: () => string
  readonly #messages = new Map<string, Map<string, SlackMessage>>()
  readonly #ephemerals: { user: string; channel: string; message: SlackMessage }[] = []

  constructor(seed: SlackSeed, feed: Feed, nowMs: () => number) {
    this.seed = seed
    this.feed = feed
    this.newTs = timestamps(nowMs)
    for (const user of seed.users) this.users.set(user.id, user)
    this.users.set(this.botUserId, botUser(this.botUserId, seed.botName))
    for (const channel of seed.channels) this.#addChannel(channel)
  }

  #addChannel(seed: SlackSeed['channels'][number]): void {
    const members = new Set(this.seed.users.map((user) => user.id))
    if (seed.botIsMember) members.add(this.botUserId)
    this.channels.set(seed.id, {
      ...blankChannel(seed.id, seed.name),
      isPrivate: seed.isPrivate,
      topic: seed.topic,
      members,
    })
  }

  /** The channel, or Slack's `channel_not_found`. A user id opens that person's direct messages with the bot. */
  channel(id: unknown): SlackChannel {
    if (typeof id !== 'string' || id === '') throw new SlackApiError('channel_not_found')
    const found = this.channels.get(id) ?? this.#byName(id)
    if (found) return found
    const user = this.users.get(id)
    if (!user || user.isBot) throw new SlackApiError('channel_not_found')
    return this.openIm(user.id)
  }

  #byName(name: string): SlackChannel | undefined {
    const bare = name.replace(/^#/, '')
    return [...this.channels.values()].find((channel) => !channel.imWith && channel.name === bare)
  }

  /** The direct-message conversation between the bot and a person, made on first use. */
  openIm(userId: string): SlackChannel {
    const open = [...this.channels.values()].find((channel) => channel.imWith === userId)
    if (open) return open
    const im = {
      ...blankChannel(newId('D'), userId),
      imWith: userId,
      members: new Set([userId, this.botUserId]),
    }
    this.channels.set(im.id, im)
    this.feed.publish({ kind: 'channels' })
    return im
  }

  /** All messages of a channel, oldest first, thread replies included. */
  messages(channelId: string): SlackMessage[] {
    return [...(this.#messages.get(channelId)?.values() ?? [])]
  }

  message(channelId: string, ts: string): SlackMessage | undefined {
    return this.#messages.get(channelId)?.get(ts)
  }

  /** A root message and its replies, oldest first. */
  thread(channelId: string, rootTs: string): SlackMessage[] {
    return this.messages(channelId).filter((message) => message.ts === rootTs || message.thread_ts === rootTs)
  }

  /** Appends a message. A thread whose root is gone is answered as Slack does: posted, but not in a thread. */
  append(channelId: string, userId: string, content: MessageContent): SlackMessage {
    const message = this.compose(userId, content)
    const root = content.threadTs ? this.message(channelId, content.threadTs) : undefined
    if (root) this.#joinThread(message, this.#rootOf(channelId, root))
    this.#store(channelId, message)
    if (root) this.#countReplies(channelId, message.thread_ts ?? '')
    return message
  }

  #rootOf(channelId: string, message: SlackMessage): SlackMessage {
    const rootTs = message.thread_ts
    return (rootTs ? this.message(channelId, rootTs) : undefined) ?? message
  }

  #joinThread(message: SlackMessage, root: SlackMessage): void {
    message.thread_ts = root.ts
    message.parent_user_id = root.user
  }

  #store(channelId: string, message: SlackMessage): void {
    const known = this.#messages.get(channelId) ?? new Map<string, SlackMessage>()
    known.set(message.ts, message)
    this.#messages.set(channelId, known)
    this.feed.publish({ kind: 'message', channel: channelId, message })
  }

  /** A message object with its author's fields, not stored anywhere yet. */
  compose(userId: string, content: MessageContent): SlackMessage {
    const author = userId === this.botUserId ? this.botFields() : {}
    return {
      type: 'message',
      ts: this.newTs(),
      user: userId,
      team: this.seed.teamId,
      text: content.text,
      ...author,
      ...(content.blocks?.length ? { blocks: withBlockIds(content.blocks) } : {}),
      ...(content.attachments?.length
        ? { attachments: content.attachments.map((item, index) => ({ id: index + 1, ...item })) }
        : {}),
      ...(content.metadata ? { metadata: content.metadata } : {}),
      ...(content.files?.length ? { files: content.files } : {}),
    }
  }

  botFields(): Pick<SlackMessage, 'bot_id' | 'app_id' | 'bot_profile'> {
    const profile = {
      id: this.botId,
      app_id: this.seed.appId,
      name: this.seed.botName,
      deleted: false,
      updated: 0,
      team_id: this.seed.teamId,
      icons: {},
    }
    return { bot_id: this.botId, app_id: this.seed.appId, bot_profile: profile }
  }

  /** Replaces parts of a message in place. `edited` is set when its text changed, which is what Slack marks. */
  edit(channelId: string, message: SlackMessage, change: Partial<SlackMessage>, byUser: string): void {
    const textChanged = change.text !== undefined && change.text !== message.text
    Object.assign(message, change)
    if (message.blocks?.length) message.blocks = withBlockIds(message.blocks)
    else delete message.blocks
    if (!message.attachments?.length) delete message.attachments
    if (textChanged) message.edited = { user: byUser, ts: this.newTs() }
    this.touch(channelId, message)
  }

  /** Publishes a message that was changed in place. */
  touch(channelId: string, message: SlackMessage): void {
    this.feed.publish({ kind: 'message', channel: channelId, message })
  }

  /** Deletes a message. Replies of a deleted root stay, as orphans, the way Slack keeps them. */
  remove(channelId: string, ts: string): void {
    const message = this.message(channelId, ts)
    this.#messages.get(channelId)?.delete(ts)
    this.feed.publish({ kind: 'messageDeleted', channel: channelId, ts })
    if (message?.thread_ts && message.thread_ts !== ts) this.#countReplies(channelId, message.thread_ts)
  }

  #countReplies(channelId: string, rootTs: string): void {
    const root = this.message(channelId, rootTs)
    if (!root) return
    const replies = this.messages(channelId).filter(
      (message) => message.thread_ts === rootTs && message.ts !== rootTs,
    )
    if (replies.length === 0) for (const field of replyFields) delete root[field]
    else {
      const users = [...new Set(replies.map((reply) => reply.user))]
      Object.assign(root, {
        thread_ts: rootTs,
        reply_count: replies.length,
        reply_users_count: users.length,
        reply_users: users,
        latest_reply: replies.at(-1)?.ts,
      })
    }
    this.touch(channelId, root)
  }

  ephemerals(user?: string): { user: string; channel: string; message: SlackMessage }[] {
    return this.#ephemerals.filter((item) => user === undefined || item.user === user)
  }

  addEphemeral(user: string, channel: string, message: SlackMessage): void {
    message.is_ephemeral = true
    this.#ephemerals.push({ user, channel, message })
    this.feed.publish({ kind: 'ephemeral', user, channel, message })
  }

  /** Replaces (or, without `next`, dismisses) an ephemeral message; false when it is not there. */
  changeEphemeral(user: string, ts: string, next?: SlackMessage): boolean {
    const index = this.#ephemerals.findIndex((item) => item.user === user && item.message.ts === ts)
    const item = this.#ephemerals[index]
    if (!item) return false
    if (next) {
      item.message = {
        ...next,
        ts,
        is_ephemeral: true,
        ...(item.message.thread_ts ? { thread_ts: item.message.thread_ts } : {}),
      }
      this.feed.publish({ kind: 'ephemeral', user, channel: item.channel, message: item.message })
    } else {
      this.#ephemerals.splice(index, 1)
      this.feed.publish({ kind: 'ephemeralDeleted', user, channel: item.channel, ts })
    }
    return true
  }
}

const replyFields = ['thread_ts', 'reply_count', 'reply_users_count', 'reply_users', 'latest_reply'] as const

function blankChannel(id: string, name: string): SlackChannel {
  return {
    id,
    name,
    isPrivate: false,
    topic: '',
    members: new Set(),
    pins: [],
    bookmarks: [],
    createdSec: Math.floor(Date.now() / 1000),
  }
}

function botUser(id: string, name: string): SlackUser {
  return { id, name, role: 'App', handle: name.toLowerCase().replace(/\W+/g, '-'), email: '', isBot: true }
}

/** Slack fills in a block_id (and an action_id) where the app gave none. */
export function withBlockIds(blocks: readonly Block[]): Block[] {
  return blocks.map((block) => ({
    ...block,
    block_id: block.block_id ?? newId('').slice(0, 5),
    ...(Array.isArray(block.elements) && block.type === 'actions'
      ? { elements: block.elements.map(withActionId) }
      : {}),
    ...(isFields(block.accessory) ? { accessory: withActionId(block.accessory) } : {}),
    ...(isFields(block.element) ? { element: withActionId(block.element) } : {}),
  }))
}

const withActionId = (element: unknown): unknown =>
  isFields(element) && element.type !== 'image' && element.action_id === undefined
    ? { ...element, action_id: newId('').slice(0, 5) }
    : element

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
