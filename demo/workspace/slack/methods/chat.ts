import { attachmentsOf, blocksOf, metadataOf, required, text } from '../arguments.ts'
import { refusal, SlackApiError } from '../api-error.ts'
import type { MethodTable, SlackContext } from '../context.ts'
import { limits } from '../limits.ts'
import { isFields } from '../state.ts'
import type { MessageContent } from '../state.ts'
import type { Block, Fields, SlackChannel, SlackMessage } from '../types.ts'

const write = ['chat:write']

/** The content of a post or update, checked as Slack checks it. */
export function contentOf(context: SlackContext, args: Fields): MessageContent {
  const words = text(args.markdown_text) || text(args.text)
  if (words.length > limits.messageText)
    throw refusal('msg_too_long', [
      `must be less than ${limits.messageText + 1} characters [json-pointer:/text]`,
    ])
  const blocks = blocksOf(args)
  if (blocks) refuseUnreadyFiles(context, blocks)
  const attachments = attachmentsOf(args)
  const metadata = metadataOf(args)
  return {
    text: words,
    ...(blocks ? { blocks } : {}),
    ...(attachments ? { attachments } : {}),
    ...(metadata ? { metadata } : {}),
  }
}

/** An image block may name an uploaded file only once Slack has processed it. */
function refuseUnreadyFiles(context: SlackContext, blocks: readonly Block[]): void {
  const problems = blocks.flatMap((block, index) =>
    [block, block.accessory].flatMap((part) => {
      const id = isFields(part) && isFields(part.slack_file) ? part.slack_file.id : undefined
      if (typeof id !== 'string') return []
      const stored = context.state.files.get(id)
      return stored?.ready && stored.file.mimetype.startsWith('image/')
        ? []
        : [`invalid slack file [json-pointer:/blocks/${index}/slack_file]`]
    }),
  )
  if (problems.length > 0) throw refusal('invalid_blocks', problems)
}

const isEmpty = (content: MessageContent): boolean =>
  content.text === '' && !content.blocks?.length && !content.attachments?.length

function writableChannel(context: SlackContext, id: unknown): SlackChannel {
  const channel = context.state.channel(id)
  if (!channel.members.has(context.state.botUserId))
    throw new SlackApiError(channel.isPrivate ? 'channel_not_found' : 'not_in_channel')
  return channel
}

function ownMessage(
  context: SlackContext,
  channel: SlackChannel,
  ts: string,
  refusalCode: string,
): SlackMessage {
  const message = context.state.message(channel.id, ts)
  if (!message) throw new SlackApiError('message_not_found')
  if (message.user !== context.state.botUserId) throw new SlackApiError(refusalCode)
  return message
}

function postMessage(context: SlackContext, args: Fields): Fields {
  const channel = writableChannel(context, args.channel)
  const content = contentOf(context, args)
  if (isEmpty(content)) throw new SlackApiError('no_text')
  const threadTs = text(args.thread_ts)
  if (threadTs !== '' && !/^\d+\.\d+$/.test(threadTs)) throw new SlackApiError('invalid_thread_ts')
  const message = context.state.append(channel.id, context.state.botUserId, {
    ...content,
    ...(threadTs ? { threadTs } : {}),
  })
  context.events.messagePosted(channel, message)
  return { ok: true, channel: channel.id, ts: message.ts, message }
}

function update(context: SlackContext, args: Fields): Fields {
  const channel = context.state.channel(args.channel)
  const message = ownMessage(context, channel, required(args, 'ts'), 'cant_update_message')
  const content = contentOf(context, args)
  const given = ['text', 'markdown_text', 'blocks', 'attachments'].some((name) => args[name] !== undefined)
  if (!given && args.metadata === undefined) throw new SlackApiError('no_text')
  const { threadTs: _never, ...change } = content
  const keepsText = args.text === undefined && args.markdown_text === undefined
  // Blocks and attachments that are not mentioned stay, as Slack documents; an empty list removes them.
  const before = { ...message }
  context.state.edit(
    channel.id,
    message,
    { ...change, ...emptied(args), ...(keepsText ? { text: message.text } : {}) },
    context.state.botUserId,
  )
  context.events.messageChanged(channel, before, message)
  return { ok: true, channel: channel.id, ts: message.ts, text: message.text, message }
}

const emptied = (args: Fields): Partial<SlackMessage> => ({
  ...(Array.isArray(args.blocks) && args.blocks.length === 0 ? { blocks: [] } : {}),
  ...(Array.isArray(args.attachments) && args.attachments.length === 0 ? { attachments: [] } : {}),
})

function remove(context: SlackContext, args: Fields): Fields {
  const channel = context.state.channel(args.channel)
  const message = ownMessage(context, channel, required(args, 'ts'), 'cant_delete_message')
  context.state.remove(channel.id, message.ts)
  context.events.messageDeleted(channel, message)
  return { ok: true, channel: channel.id, ts: message.ts }
}

function postEphemeral(context: SlackContext, args: Fields): Fields {
  const channel = writableChannel(context, args.channel)
  const user = required(args, 'user')
  if (!context.state.users.has(user)) throw new SlackApiError('user_not_found')
  if (!channel.members.has(user)) throw new SlackApiError('user_not_in_channel')
  const content = contentOf(context, args)
  if (isEmpty(content)) throw new SlackApiError('no_text')
  const message = context.state.compose(context.state.botUserId, content)
  if (text(args.thread_ts)) message.thread_ts = text(args.thread_ts)
  context.state.addEphemeral(user, channel.id, message)
  return { ok: true, message_ts: message.ts }
}

function getPermalink(context: SlackContext, args: Fields): Fields {
  const channel = context.state.channel(args.channel)
  const message = context.state.message(channel.id, required(args, 'message_ts'))
  if (!message) throw new SlackApiError('message_not_found')
  return { ok: true, channel: channel.id, permalink: permalink(context, channel.id, message) }
}

function permalink(context: SlackContext, channelId: string, message: SlackMessage): string {
  const base = `${context.state.seed.baseUrl()}/archives/${channelId}/p${message.ts.replace('.', '')}`
  const inThread = message.thread_ts && message.thread_ts !== message.ts
  return inThread ? `${base}?thread_ts=${message.thread_ts}&cid=${channelId}` : base
}

export const chatMethods: MethodTable = {
  'chat.postMessage': { scopes: write, rate: 'post', run: postMessage },
  'chat.update': { scopes: write, rate: 'tier3', run: update },
  'chat.delete': { scopes: write, rate: 'tier3', run: remove },
  'chat.postEphemeral': { scopes: write, rate: 'tier4', run: postEphemeral },
  'chat.getPermalink': { scopes: [], rate: 'none', run: getPermalink },
}
