import { drawAttachments, drawBlocks, drawFiles, pendingVersion } from './blocks.js'
import { h, icon, icons, syncList } from './dom.js'
import { emoji } from './emoji.js'
import { toast } from './overlays.js'
import { mrkdwnNodes } from './rich.js'
import { store } from './store.js'

const colors = ['#2f6fb3', '#b3632f', '#3f8f5b', '#8a4fb0', '#a83a5b', '#4a6572']

/** A square with the person's initials, or the app's icon. */
export function avatar(userId, size = 36) {
  const user = store.user(userId)
  const style = `width:${size}px;height:${size}px;font-size:${Math.round(size * 0.4)}px`
  if (user?.isBot) return h('img.avatar', { src: '/page/icon.svg', alt: '', style })
  const people = store.state.users.filter((entry) => !entry.isBot)
  const color =
    colors[
      Math.max(
        0,
        people.findIndex((entry) => entry.id === userId),
      ) % colors.length
    ]
  const initials = store
    .userName(userId)
    .split(/\s+/)
    .map((word) => word[0]?.toUpperCase())
    .slice(0, 2)
    .join('')
  return h(
    'span.avatar',
    { style: `${style};background:${user ? color : '#616061'}`, 'aria-hidden': 'true' },
    initials,
  )
}

const dateOf = (ts) => new Date(Number(ts) * 1000)
export const clock = (ts) => dateOf(ts).toLocaleTimeString('en-US', { hour: 'numeric', minute: '2-digit' })
const shortClock = (ts) => clock(ts).replace(/\s?[AP]M$/, '')
const fullTime = (ts) => dateOf(ts).toLocaleString('en-US', { dateStyle: 'full', timeStyle: 'medium' })
const compactWithinSec = 300

/** Whether a message hangs under its predecessor without repeating the author. */
function isCompact(message, previous) {
  if (
    !previous ||
    previous.user !== message.user ||
    message.is_ephemeral ||
    previous.is_ephemeral ||
    previous.reply_count
  )
    return false
  return (
    Number(message.ts) - Number(previous.ts) < compactWithinSec && dayOf(message.ts) === dayOf(previous.ts)
  )
}

export const dayOf = (ts) => dateOf(ts).toDateString()

/** What the day divider says. */
export function dayLabel(ts) {
  const today = new Date().toDateString()
  const yesterday = new Date(Date.now() - 86_400_000).toDateString()
  if (dayOf(ts) === today) return 'Today'
  if (dayOf(ts) === yesterday) return 'Yesterday'
  return dateOf(ts).toLocaleDateString('en-US', { weekday: 'long', month: 'long', day: 'numeric' })
}

/** Draws a list of messages into a container; rows that did not change are left alone. */
export function syncMessages(container, messages, { channel, inThread }) {
  const rows = []
  for (const [index, message] of messages.entries()) {
    const previous = messages[index - 1]
    if (!inThread && (!previous || dayOf(previous.ts) !== dayOf(message.ts))) rows.push({ day: message.ts })
    rows.push({ message, compact: isCompact(message, previous) && !(inThread && index === 1) })
    if (inThread && index === 0) rows.push({ replies: messages.length - 1 })
  }
  syncList(container, rows, {
    key: (row) =>
      row.day ? `day ${dayOf(row.day)}` : row.replies !== undefined ? 'replies' : row.message.ts,
    version: (row) =>
      row.message
        ? [store.version(row.message.ts), row.compact, pendingVersion(row.message.ts)].join('|')
        : String(row.replies ?? dayLabel(row.day)),
    draw: (row) => {
      if (row.day) return h('div.day', {}, h('span', {}, dayLabel(row.day)))
      if (row.replies !== undefined)
        return h(
          'div.reply-count',
          {},
          row.replies > 0 ? h('span', {}, `${row.replies} ${row.replies === 1 ? 'reply' : 'replies'}`) : '',
        )
      return drawMessage(row.message, { channel, inThread, compact: row.compact })
    },
  })
}

function drawMessage(message, { channel, inThread, compact }) {
  const place = { channel, ts: message.ts }
  const author = store.user(message.user)
  return h(
    'div.message',
    {
      'data-ts': message.ts,
      class: [
        compact ? 'compact' : '',
        message.is_ephemeral ? 'ephemeral' : '',
        message.pinned_to ? 'pinned' : '',
      ].join(' '),
    },
    message.is_ephemeral ? h('div.note-line', {}, icon(icons.eye, 14), 'Only visible to you') : '',
    message.pinned_to ? h('div.note-line.pin-line', {}, icon(icons.pin, 14), 'Pinned') : '',
    h(
      'div.message-row',
      {},
      h(
        'div.gutter',
        {},
        compact
          ? h('span.gutter-time', { title: fullTime(message.ts) }, shortClock(message.ts))
          : avatar(message.user),
      ),
      h(
        'div.message-body',
        {},
        compact
          ? ''
          : h(
              'div.byline',
              {},
              h('b.author', {}, store.userName(message.user)),
              author?.isBot || message.user === 'USLACKBOT' ? h('span.app-badge', {}, 'APP') : '',
              h('span.time', { title: fullTime(message.ts) }, clock(message.ts)),
            ),
        content(message, place),
        message.attachments ? drawAttachments(message.attachments, place) : '',
        message.files ? drawFiles(message.files) : '',
        message.reactions ? reactions(message, channel) : '',
        !inThread && message.reply_count ? replyBar(message) : '',
        message.is_ephemeral
          ? h(
              'button.link-button',
              { onclick: () => act({ act: 'dismiss', ts: message.ts }) },
              'Dismiss message',
            )
          : '',
      ),
    ),
    message.is_ephemeral ? '' : toolbar(message, channel, inThread),
  )
}

/** Blocks, or the text where there are none; Slack marks an edit only on text. */
function content(message, place) {
  if (message.blocks?.length) return h('div.blocks', {}, drawBlocks(message.blocks, place))
  if (!message.text) return ''
  return h(
    'div.text',
    {},
    mrkdwnNodes(message.text),
    message.edited ? h('span.edited', { title: fullTime(message.edited.ts) }, ' (edited)') : '',
  )
}

async function act(what) {
  try {
    await store.act(what)
  } catch (error) {
    toast(error.message)
  }
}

function reactions(message, channel) {
  return h(
    'div.reactions',
    {},
    message.reactions.map((reaction) =>
      h(
        'button.reaction',
        {
          class: reaction.users.includes(store.me) ? 'mine' : '',
          title: `${reaction.users.map((id) => store.userName(id)).join(', ')} reacted with :${reaction.name}:`,
          onclick: () => act({ act: 'react', channel, ts: message.ts, name: reaction.name }),
        },
        emoji[reaction.name] ?? `:${reaction.name}:`,
        h('span', {}, reaction.count),
      ),
    ),
  )
}

function replyBar(message) {
  return h(
    'button.reply-bar',
    { 'data-testid': 'reply-bar', onclick: () => store.openThread(message.ts) },
    message.reply_users.slice(0, 5).map((id) => avatar(id, 24)),
    h('b', {}, `${message.reply_count} ${message.reply_count === 1 ? 'reply' : 'replies'}`),
    h(
      'span.reply-last',
      {},
      `Last reply ${dayLabel(message.latest_reply).toLowerCase()} at ${clock(message.latest_reply)}`,
    ),
    h('span.reply-view', {}, 'View thread'),
  )
}

function toolbar(message, channel, inThread) {
  const quick = ['white_check_mark', 'eyes', 'raised_hands'].map((name) =>
    h(
      'button.tool',
      { title: `React with :${name}:`, onclick: () => act({ act: 'react', channel, ts: message.ts, name }) },
      emoji[name],
    ),
  )
  const reply = inThread
    ? ''
    : h(
        'button.tool',
        {
          title: 'Reply in thread',
          'data-testid': 'reply-in-thread',
          onclick: () => store.openThread(message.thread_ts ?? message.ts),
        },
        icon(icons.thread, 18),
      )
  return h('div.toolbar', {}, quick, reply)
}
