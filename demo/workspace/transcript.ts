import type { MailSink } from './mail/sink.ts'
import type { PagerDuty } from './pagerduty/pagerduty.ts'
import { blocksToText } from './slack/blocks-to-text.ts'
import type { SlackState } from './slack/state.ts'
import type { Block, SlackMessage } from './slack/types.ts'

/** Everything that was said, as Markdown: channels with their threads, whispers, PagerDuty and mail. */
export function transcript(state: SlackState, pagerduty: PagerDuty, mail: MailSink): string {
  const channels = [...state.channels.values()].filter((channel) => state.messages(channel.id).length > 0)
  return [
    `# ${state.seed.teamName}`,
    ...channels.map((channel) => channelText(state, channel.id)),
    ephemeralText(state),
    pagerdutyText(pagerduty),
    mailText(mail),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n')
}

function channelText(state: SlackState, channelId: string): string {
  const channel = state.channels.get(channelId)
  const title = channel?.imWith
    ? `Direct messages: ${nameOf(state, channel.imWith)}`
    : `#${channel?.name ?? channelId}`
  const roots = state
    .messages(channelId)
    .filter(
      (message) =>
        !message.thread_ts ||
        message.thread_ts === message.ts ||
        !state.message(channelId, message.thread_ts),
    )
  return [`## ${title}`, ...roots.map((root) => threadText(state, channelId, root))].join('\n\n')
}

function threadText(state: SlackState, channelId: string, root: SlackMessage): string {
  const replies = state.thread(channelId, root.ts).filter((message) => message.ts !== root.ts)
  return [messageText(state, root), ...replies.map((reply) => indent(messageText(state, reply)))].join('\n\n')
}

/** One message: who and when, then its blocks (or its text), files and reactions. */
export function messageText(state: SlackState, message: SlackMessage): string {
  const attachments = (message.attachments ?? []).map(
    (item) =>
      blocksToText((item.blocks as Block[] | undefined) ?? []) || String(item.text ?? item.fallback ?? ''),
  )
  const lines = [
    `**${nameOf(state, message.user)}**${message.bot_id ? ' (app)' : ''} ${clock(Number(message.ts) * 1000)}${message.edited ? ' (edited)' : ''}`,
    message.blocks?.length ? blocksToText(message.blocks) : message.text,
    ...attachments,
    ...(message.files ?? []).map((file) => `[file: ${file.title}]`),
    (message.reactions ?? []).map((reaction) => `:${reaction.name}: ${reaction.count}`).join('  '),
  ]
  return lines.filter((line) => line !== '').join('\n')
}

function ephemeralText(state: SlackState): string {
  const all = state.ephemerals()
  if (all.length === 0) return ''
  return [
    '## Only visible to one person',
    ...all.map(({ user, message }) => `To ${nameOf(state, user)}: ${messageText(state, message)}`),
  ].join('\n\n')
}

function pagerdutyText(pagerduty: PagerDuty): string {
  const incidents = pagerduty
    .incidents()
    .map((incident) =>
      [
        `- #${incident.number} ${incident.title} (${incident.service.name}): ${incident.status}`,
        ...incident.notes.map(
          (note) => `  - note by ${note.by.name}: ${note.content.replaceAll('\n', '\n    ')}`,
        ),
      ].join('\n'),
    )
  return incidents.length > 0 ? ['## PagerDuty', incidents.join('\n')].join('\n\n') : ''
}

function mailText(mail: MailSink): string {
  const mails = mail
    .mails()
    .map(
      (entry) =>
        `### ${entry.subject}\n\nFrom ${entry.from} to ${entry.to.join(', ')}\n\n${entry.text || entry.html}`,
    )
  return mails.length > 0 ? ['## Mail', ...mails].join('\n\n') : ''
}

const nameOf = (state: SlackState, userId: string): string =>
  state.users.get(userId)?.name ?? (userId === 'USLACKBOT' ? 'Slackbot' : userId)
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19)
const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n')
