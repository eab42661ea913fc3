import { channelPane, threadPane } from './conversation.js'
import { h } from './dom.js'
import { modalLayer } from './modal.js'
import { toolPanel } from './panels.js'
import { rail, sidebar, topBar } from './sidebar.js'
import { store } from './store.js'

const parts = {
  top: topBar(),
  rail: rail(),
  side: sidebar(),
  channel: channelPane(),
  thread: threadPane(),
  tools: toolPanel(),
  modal: modalLayer(),
}

document
  .getElementById('app')
  .replaceChildren(
    h(
      'div.window',
      {},
      parts.top.node,
      h(
        'div.columns',
        {},
        parts.rail.node,
        h('div.card', {}, parts.side.node, parts.channel.node, parts.thread.node, parts.tools.node),
      ),
      parts.modal.node,
    ),
  )

/** Which parts a change touches; what is not listed touches all. */
const touched = {
  message: ['channel', 'thread', 'side'],
  messageDeleted: ['channel', 'thread'],
  ephemeral: ['channel', 'thread'],
  ephemeralDeleted: ['channel', 'thread'],
  pending: ['channel', 'thread', 'modal'],
  modal: ['modal'],
  home: ['channel'],
  pagerduty: ['tools', 'rail'],
  mail: ['tools', 'rail'],
  status: ['top'],
  online: ['top'],
  connections: ['side'],
  panel: ['tools', 'rail'],
}

function keepAddress() {
  const query = new URLSearchParams({
    as: store.me,
    channel: store.channelId,
    ...(store.threadTs ? { thread: store.threadTs } : {}),
  })
  history.replaceState(null, '', `/?${query}`)
}

store.subscribe((change) => {
  if (!store.state) return
  for (const name of touched[change.kind] ?? Object.keys(parts)) parts[name].update()
  if (change.kind === 'all') {
    keepAddress()
    document.title = store.state.team.name
    document.body.dataset.ready = 'true'
  }
})

store.connect()
