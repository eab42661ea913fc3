import { required, text } from '../arguments.ts'
import { SlackApiError } from '../api-error.ts'
import type { MethodTable, SlackContext } from '../context.ts'
import { newId } from '../ids.ts'
import type { Fields, SlackMessage } from '../types.ts'

function target(context: SlackContext, args: Fields): { channel: string; message: SlackMessage } {
  const channel = context.state.channel(args.channel)
  const message = context.state.message(channel.id, required(args, 'timestamp'))
  if (!message) throw new SlackApiError('message_not_found')
  return { channel: channel.id, message }
}

/** Adds a reaction for a user; `already_reacted` when it is there. */
export function react(
  context: SlackContext,
  channel: string,
  message: SlackMessage,
  name: string,
  user: string,
): void {
  const reactions = (message.reactions ??= [])
  const known = reactions.find((reaction) => reaction.name === name)
  if (known?.users.includes(user)) throw new SlackApiError('already_reacted')
  if (known) {
    known.users.push(user)
    known.count = known.users.length
  } else reactions.push({ name, users: [user], count: 1 })
  context.state.touch(channel, message)
}

/** Takes a user's reaction back; `no_reaction` when there is none. */
export function unreact(
  context: SlackContext,
  channel: string,
  message: SlackMessage,
  name: string,
  user: string,
): void {
  const known = message.reactions?.find((reaction) => reaction.name === name)
  if (!known?.users.includes(user)) throw new SlackApiError('no_reaction')
  known.users = known.users.filter((id) => id !== user)
  known.count = known.users.length
  message.reactions = message.reactions?.filter((reaction) => reaction.count > 0)
  if (message.reactions?.length === 0) delete message.reactions
  context.state.touch(channel, message)
}

const emojiName = (args: Fields): string => required(args, 'name').replaceAll(':', '')

function addReaction(context: SlackContext, args: Fields): Fields {
  const { channel, message } = target(context, args)
  react(context, channel, message, emojiName(args), context.state.botUserId)
  return { ok: true }
}

function removeReaction(context: SlackContext, args: Fields): Fields {
  const { channel, message } = target(context, args)
  unreact(context, channel, message, emojiName(args), context.state.botUserId)
  return { ok: true }
}

function pin(context: SlackContext, args: Fields): Fields {
  const channel = context.state.channel(args.channel)
  const { message } = target(context, args)
  if (channel.pins.includes(message.ts)) throw new SlackApiError('already_pinned')
  channel.pins.push(message.ts)
  message.pinned_to = [channel.id]
  context.state.touch(channel.id, message)
  return { ok: true }
}

function unpin(context: SlackContext, args: Fields): Fields {
  const channel = context.state.channel(args.channel)
  const { message } = target(context, args)
  if (!channel.pins.includes(message.ts)) throw new SlackApiError('no_pin')
  channel.pins = channel.pins.filter((ts) => ts !== message.ts)
  delete message.pinned_to
  context.state.touch(channel.id, message)
  return { ok: true }
}

function bookmark(context: SlackContext, args: Fields): Fields {
  const channel = context.state.channel(args.channel_id)
  const entry = {
    id: newId('Bk'),
    channel_id: channel.id,
    title: required(args, 'title'),
    link: text(args.link),
    emoji: text(args.emoji),
    type: required(args, 'type'),
  }
  channel.bookmarks.push(entry)
  context.state.feed.publish({ kind: 'channels' })
  return { ok: true, bookmark: entry }
}

export const markMethods: MethodTable = {
  'reactions.add': { scopes: ['reactions:write'], rate: 'tier3', run: addReaction },
  'reactions.remove': { scopes: ['reactions:write'], rate: 'tier2', run: removeReaction },
  'pins.add': { scopes: ['pins:write'], rate: 'tier2', run: pin },
  'pins.remove': { scopes: ['pins:write'], rate: 'tier2', run: unpin },
  'bookmarks.add': { scopes: ['bookmarks:write'], rate: 'tier2', run: bookmark },
}
