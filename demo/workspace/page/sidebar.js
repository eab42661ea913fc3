import { fill, h, icon, icons } from './dom.js'
import { avatar } from './message.js'
import { store } from './store.js'

/** Workspace name, channels, direct messages, the app, and who to act as. */
export function sidebar() {
  const node = h('nav.sidebar')
  const update = () => {
    const { team, channels, bot, users } = store.state
    fill(
      node,
      h('div.team', {}, h('span', {}, team.name), h('span.chevron', {}, '⌄')),
      h(
        'div.side-scroll',
        {},
        group(
          'Channels',
          channels
            .filter((channel) => !channel.imWith)
            .map((channel) =>
              row(channel.id, h('span.hash', {}, channel.isPrivate ? '🔒' : '#'), channel.name),
            ),
        ),
        group(
          'Direct messages',
          channels
            .filter((channel) => channel.imWith)
            .map((channel) => row(channel.id, avatar(bot.userId, 20), bot.name)),
        ),
        group('Apps', [homeRow(bot)]),
      ),
      actAs(users.filter((user) => !user.isBot)),
    )
  }
  return { node, update }
}

const group = (title, rows) =>
  rows.length > 0
    ? h('div.side-group', {}, h('div.side-title', {}, h('span.caret', {}, '▾'), title), rows)
    : ''

function row(id, sign, name) {
  return h(
    'button.side-row',
    {
      class: [store.channelId === id ? 'active' : '', store.unread.has(id) ? 'unread' : ''].join(' '),
      'data-channel-id': id,
      onclick: () => store.openChannel(id),
    },
    sign,
    h('span', {}, name),
  )
}

function homeRow(bot) {
  const open = () => {
    store.openChannel('home')
    void store.act({ act: 'openHome' })
  }
  return h(
    'button.side-row',
    { class: store.channelId === 'home' ? 'active' : '', 'data-channel-id': 'home', onclick: open },
    avatar(bot.userId, 20),
    h('span', {}, bot.name),
    h('span.presence', {
      class: store.state.connections > 0 ? 'on' : '',
      title: store.state.connections > 0 ? 'connected' : 'not connected',
    }),
  )
}

function actAs(people) {
  return h(
    'div.act-as',
    { 'data-testid': 'act-as' },
    h('div.side-title', {}, 'Act as'),
    people.map((user) =>
      h(
        'button.person',
        {
          class: user.id === store.me ? 'active' : '',
          'data-user-id': user.id,
          'aria-pressed': String(user.id === store.me),
          onclick: () => store.actAs(user.id),
        },
        avatar(user.id, 28),
        h('span', {}, h('b', {}, user.name), h('small', {}, user.role)),
        user.id === store.me ? h('span.tick', {}, '✓') : '',
      ),
    ),
  )
}

const tools = [
  ['demo', 'Demo', icons.play],
  ['pagerduty', 'PagerDuty', icons.bell],
  ['mail', 'Mail', icons.mail],
]

/** The narrow strip on the left edge: the workspace and the tools beside Slack. */
export function rail() {
  const node = h('div.rail')
  const update = () => {
    const open = store.state.pagerduty.incidents.filter((incident) => incident.status !== 'resolved').length
    const counts = { pagerduty: open, mail: store.state.mails.length }
    fill(
      node,
      h('div.workspace-icon', {}, store.state.team.name.slice(0, 1)),
      h(
        'button.rail-item',
        { class: 'on', onclick: () => store.openChannel(store.state.channels[0]?.id ?? '') },
        h('span.rail-icon', {}, icon(icons.home)),
        'Home',
      ),
      tools.map(([id, label, path]) =>
        h(
          'button.rail-item',
          {
            class: store.panel === id ? 'open' : '',
            'data-testid': `open-${id}`,
            onclick: () => store.openPanel(id),
          },
          h('span.rail-icon', {}, icon(path), counts[id] ? h('span.badge', {}, counts[id]) : ''),
          label,
        ),
      ),
    )
  }
  return { node, update }
}

/** The bar on top: the demo's status line and whether the page is live. */
export function topBar() {
  const node = h('div.top-bar')
  const update = () => {
    const { status, team } = store.state
    fill(
      node,
      h(
        'div.status',
        { 'data-testid': 'status', class: `tone-${status.tone}` },
        status.tone === 'busy' ? h('span.spinner') : h('span.status-dot'),
        h('span', {}, status.text || `${team.name}: local, nothing leaves this machine`),
      ),
      store.online ? '' : h('div.offline', {}, 'Reconnecting…'),
    )
  }
  return { node, update }
}
