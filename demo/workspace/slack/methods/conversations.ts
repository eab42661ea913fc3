import { count, flag, required, text } from '../arguments.ts'
import { SlackApiError } from '../api-error.ts'
import type { MethodTable, SlackContext } from '../context.ts'
import type { Fields, SlackChannel, SlackMessage } from '../types.ts'

const read = ['channels:read', 'groups:read', 'im:read', 'mpim:read']
const history = ['channels:history', 'groups:history', 'im:history', 'mpim:history']

/** A channel in the shape of `conversations.info`. */
export function channelObject(context: SlackContext, channel: SlackChannel): Fields {
  const { botUserId, seed } = context.state
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: !channel.imWith,
    is_group: false,
    is_im: !!channel.imWith,
    is_mpim: false,
    is_private: channel.isPrivate || !!channel.imWith,
    is_archived: false,
    is_general: false,
    is_member: channel.members.has(botUserId),
    created: channel.createdSec,
    creator: botUserId,
    context_team_id: seed.teamId,
    num_members: channel.members.size,
    topic: { value: channel.topic, creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    ...(channel.imWith ? { user: channel.imWith } : {}),
  }
}

/** Cuts one page out of a list; the cursor is the position after it, in base64 as Slack's are. */
function page<T>(items: readonly T[], args: Fields, fallback: number): { items: T[]; nextCursor: string } {
  const limit = count(args.limit, fallback, 1000)
  const start = readCursor(text(args.cursor))
  const next = start + limit
  return {
    items: items.slice(start, next),
    nextCursor: next < items.length ? Buffer.from(`next:${next}`).toString('base64') : '',
  }
}

function readCursor(cursor: string): number {
  if (cursor === '') return 0
  const match = /^next:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString('utf8'))
  if (!match) throw new SlackApiError('invalid_cursor')
  return Number(match[1])
}

const paged = (nextCursor: string): Fields => ({
  has_more: nextCursor !== '',
  response_metadata: { next_cursor: nextCursor },
})

function visible(messages: readonly SlackMessage[], args: Fields): Fields[] {
  if (flag(args.include_all_metadata)) return messages.map((message) => ({ ...message }))
  return messages.map(({ metadata: _hidden, ...message }) => message)
}

function withinTimes(args: Fields): (message: SlackMessage) => boolean {
  const oldest = Number(text(args.oldest) || 0)
  const latest = Number(text(args.latest) || Number.POSITIVE_INFINITY)
  const inclusive = flag(args.inclusive)
  return ({ ts }) => {
    const at = Number(ts)
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest
  }
}

function memberChannel(context: SlackContext, args: Fields): SlackChannel {
  const channel = context.state.channel(args.channel)
  if (!channel.members.has(context.state.botUserId)) throw new SlackApiError('not_in_channel')
  return channel
}

function channelHistory(context: SlackContext, args: Fields): Fields {
  const channel = memberChannel(context, args)
  const roots = context.state
    .messages(channel.id)
    .filter((message) => !message.thread_ts || message.thread_ts === message.ts)
  const { items, nextCursor } = page(roots.reverse().filter(withinTimes(args)), args, 100)
  return { ok: true, messages: visible(items, args), pin_count: channel.pins.length, ...paged(nextCursor) }
}

function replies(context: SlackContext, args: Fields): Fields {
  const channel = memberChannel(context, args)
  const thread = context.state.thread(channel.id, required(args, 'ts'))
  if (thread.length === 0) throw new SlackApiError('thread_not_found')
  const { items, nextCursor } = page(thread.filter(withinTimes(args)), args, 1000)
  return { ok: true, messages: visible(items, args), ...paged(nextCursor) }
}

function list(context: SlackContext, args: Fields): Fields {
  const types = (text(args.types) || 'public_channel').split(',').map((type) => type.trim())
  const all = [...context.state.channels.values()].filter((channel) => types.includes(kindOf(channel)))
  const { items, nextCursor } = page(all, args, 100)
  return { ok: true, channels: items.map((channel) => channelObject(context, channel)), ...paged(nextCursor) }
}

const kindOf = (channel: SlackChannel): string =>
  channel.imWith ? 'im' : channel.isPrivate ? 'private_channel' : 'public_channel'

function members(context: SlackContext, args: Fields): Fields {
  const channel = context.state.channel(args.channel)
  const { items, nextCursor } = page([...channel.members], args, 100)
  return { ok: true, members: items, ...paged(nextCursor) }
}

function join(context: SlackContext, args: Fields): Fields {
  const channel = context.state.channel(args.channel)
  if (channel.isPrivate || channel.imWith) throw new SlackApiError('method_not_supported_for_channel_type')
  const already = channel.members.has(context.state.botUserId)
  channel.members.add(context.state.botUserId)
  context.state.feed.publish({ kind: 'channels' })
  return {
    ok: true,
    channel: channelObject(context, channel),
    ...(already ? { warning: 'already_in_channel' } : {}),
  }
}

function open(context: SlackContext, args: Fields): Fields {
  const user = text(args.users).split(',')[0] ?? ''
  if (!context.state.users.has(user)) throw new SlackApiError('user_not_found')
  const channel = context.state.openIm(user)
  return { ok: true, channel: channelObject(context, channel) }
}

export const conversationMethods: MethodTable = {
  'conversations.list': { scopes: read, rate: 'tier2', run: list },
  'conversations.info': {
    scopes: read,
    rate: 'tier3',
    run: (context, args) => ({
      ok: true,
      channel: channelObject(context, context.state.channel(args.channel)),
    }),
  },
  'conversations.history': { scopes: history, rate: 'tier3', run: channelHistory },
  'conversations.replies': { scopes: history, rate: 'tier3', run: replies },
  'conversations.members': { scopes: read, rate: 'tier4', run: members },
  'conversations.join': { scopes: ['channels:join'], rate: 'tier3', run: join },
  'conversations.open': { scopes: ['im:write', 'mpim:write', 'channels:manage'], rate: 'tier3', run: open },
}
