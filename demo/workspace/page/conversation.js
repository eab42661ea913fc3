import { drawBlocks } from './blocks.js'
import { fill, h, icon, icons } from './dom.js'
import { avatar, syncMessages } from './message.js'
import { toast } from './overlays.js'
import { store } from './store.js'

/** A pane that scrolls: it stays at the bottom while the reader is there. */
function scroller(testId) {
  const list = h('div.messages')
  const beginning = h('div.beginning')
  const pane = h('div.scroll', { 'data-testid': testId }, h('div.push'), beginning, list)
  // A scroll caused by growth (a picture that arrived late) is not the reader's own.
  pane.addEventListener('scroll', () => {
    if (pane.scrollHeight === pane.__height)
      pane.__atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 60
  })
  new ResizeObserver(() => {
    if (pane.__atEnd) pane.scrollTop = pane.scrollHeight
    pane.__height = pane.scrollHeight
  }).observe(list)
  pane.__atEnd = true
  return { pane, list, beginning }
}

function keepEnd({ pane }, key) {
  const moved = pane.__key !== key
  pane.__key = key
  if (moved || pane.__atEnd) {
    pane.scrollTop = pane.scrollHeight
    pane.__atEnd = true
  }
}

/** Enter sends, Shift+Enter breaks the line; a failed post keeps its text. */
function composer(testId, placeholder, threadTs) {
  const area = h('textarea', { rows: 1, 'data-testid': testId, 'aria-label': 'Message' })
  const grow = () => {
    area.style.height = 'auto'
    area.style.height = `${Math.min(200, area.scrollHeight)}px`
    send.disabled = area.value.trim() === ''
  }
  const post = async () => {
    const text = area.value.trim()
    if (text === '') return
    area.value = ''
    grow()
    try {
      await store.act({
        act: 'post',
        channel: store.channelId,
        text,
        ...(threadTs() ? { threadTs: threadTs() } : {}),
      })
    } catch (error) {
      area.value = text
      grow()
      toast(error.message)
    }
  }
  area.addEventListener('input', grow)
  area.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    void post()
  })
  const send = h(
    'button.send',
    { 'aria-label': 'Send now', disabled: true, onclick: () => void post() },
    icon(icons.send, 18),
  )
  const box = h(
    'div.composer',
    { onclick: () => area.focus() },
    h(
      'div.format-bar',
      { 'aria-hidden': 'true' },
      h('b', {}, 'B'),
      h('i', {}, 'I'),
      h('s', {}, 'S'),
      h('span.bar'),
      h('code', {}, '</>'),
    ),
    area,
    h(
      'div.composer-foot',
      {},
      h(
        'span.composer-tools',
        { 'aria-hidden': 'true' },
        icon(icons.smile, 18),
        h('span', {}, '@'),
        h('span', {}, '/'),
      ),
      send,
    ),
  )
  return {
    box,
    area,
    update: () => {
      area.placeholder = placeholder()
    },
  }
}

const channelOf = (id) => store.state.channels.find((channel) => channel.id === id)
const titleOf = (channel) => (channel?.imWith ? store.state.bot.name : (channel?.name ?? ''))

/** The middle column: header, timeline, composer, or the app's Home tab. */
export function channelPane() {
  const head = h('header.pane-head')
  const view = scroller('channel')
  const write = composer(
    'composer',
    () => `Message ${channelOf(store.channelId)?.imWith ? '' : '#'}${titleOf(channelOf(store.channelId))}`,
    () => '',
  )
  const home = h('div.home', { 'data-testid': 'home' })
  const node = h('section.pane.channel-pane', {}, head, view.pane, home, write.box)
  const update = () => {
    const isHome = store.channelId === 'home'
    const channel = channelOf(store.channelId)
    node.classList.toggle('is-home', isHome)
    fill(head, isHome ? homeHead() : channelHead(channel))
    if (isHome) return fill(home, homeBody())
    write.update()
    const messages = store.timeline(store.channelId)
    fill(view.beginning, messages.length === 0 && channel ? beginningOf(channel) : '')
    syncMessages(view.list, messages, { channel: store.channelId, inThread: false })
    keepEnd(view, store.channelId)
  }
  return { node, update }
}

const beginningOf = (channel) => [
  h('b', {}, channel.imWith ? titleOf(channel) : `# ${titleOf(channel)}`),
  h(
    'span',
    {},
    channel.imWith
      ? 'This is the very beginning of your conversation.'
      : `This is the very beginning of the #${channel.name} channel.`,
  ),
]

function channelHead(channel) {
  if (!channel) return ''
  return [
    h(
      'div.pane-title',
      {},
      channel.imWith
        ? avatar(store.state.bot.userId, 24)
        : h('span.hash', {}, channel.isPrivate ? '🔒' : '#'),
      titleOf(channel),
    ),
    channel.topic ? h('div.topic', {}, channel.topic) : '',
    h('div.head-right', {}, h('span.members', {}, icon(icons.people, 16), channel.memberCount)),
  ]
}

const homeHead = () => [
  h('div.pane-title', {}, avatar(store.state.bot.userId, 24), store.state.bot.name),
  h('div.tabs', {}, h('span.tab.active', {}, 'Home')),
]

function homeBody() {
  const view = store.state.home
  if (!view) return h('p.empty-text', {}, `${store.state.bot.name} has not published a Home tab for you yet.`)
  return h('div.blocks.home-blocks', {}, drawBlocks(view.blocks, { viewId: view.id }))
}

/** The right column: one thread. */
export function threadPane() {
  const head = h('header.pane-head')
  const view = scroller('thread')
  const write = composer(
    'thread-composer',
    () => 'Reply…',
    () => store.threadTs,
  )
  view.pane.append(h('div.thread-compose', {}, write.box))
  const node = h('aside.pane.thread-pane', {}, head, view.pane)
  const update = () => {
    const open = store.threadTs !== '' && store.channelId !== 'home'
    node.hidden = !open
    if (!open) return
    const messages = store.thread(store.channelId, store.threadTs)
    fill(
      head,
      h(
        'div.pane-title',
        {},
        'Thread',
        h('span.thread-channel', {}, `# ${titleOf(channelOf(store.channelId))}`),
      ),
      h(
        'div.head-right',
        {},
        h(
          'button.icon-button',
          { 'aria-label': 'Close thread', onclick: () => store.openThread('') },
          icon(icons.close),
        ),
      ),
    )
    write.update()
    const rootGone = messages[0]?.ts !== store.threadTs
    view.pane.classList.toggle('root-gone', rootGone)
    syncMessages(view.list, messages, { channel: store.channelId, inThread: !rootGone })
    keepEnd(view, store.threadTs)
  }
  return { node, update }
}
