/** What the page knows: the server's snapshot, kept current by its change stream, and the page's own place. */

const query = new URLSearchParams(location.search)
const permalink = /^\/archives\/(\w+)(?:\/p(\d+)(\d{6}))?$/.exec(location.pathname)
const remembered = (key) => {
  try {
    return sessionStorage.getItem(key)
  } catch {
    return null
  }
}
const remember = (key, value) => {
  try {
    sessionStorage.setItem(key, value ?? '')
  } catch {
    /* private mode: the choice lasts until reload */
  }
}

class Store {
  me = query.get('as') || remembered('as') || ''
  channelId = query.get('channel') || permalink?.[1] || remembered('channel') || ''
  threadTs =
    query.get('thread') || query.get('thread_ts') || (permalink?.[2] ? `${permalink[2]}.${permalink[3]}` : '')
  /** Which tool panel is open: 'demo', 'pagerduty', 'mail' or none. */
  panel = location.pathname.startsWith('/pagerduty')
    ? 'pagerduty'
    : (remembered('panel') ?? (innerWidth >= 1440 ? 'demo' : ''))
  online = false
  state = null
  /** Bumped whenever a message object changes, so that lists know what to draw again. */
  versions = new Map()
  unread = new Set()
  #listeners = new Set()
  #source = null
  #count = 0

  subscribe(listener) {
    this.#listeners.add(listener)
  }
  notify(change = { kind: 'all' }) {
    for (const listener of this.#listeners) listener(change)
  }

  connect() {
    this.#source?.close()
    const source = new EventSource(`/demo/events${this.me ? `?as=${encodeURIComponent(this.me)}` : ''}`)
    this.#source = source
    source.addEventListener('snapshot', (event) => this.#take(JSON.parse(event.data)))
    source.addEventListener('change', (event) => this.#apply(JSON.parse(event.data)))
    source.addEventListener('error', () => {
      this.online = false
      this.notify({ kind: 'online' })
    })
  }

  #take(snapshot) {
    this.state = snapshot
    this.online = true
    this.#count += 1
    this.versions.clear()
    if (!snapshot.users.some((user) => user.id === this.me && !user.isBot))
      this.me = snapshot.users.find((user) => !user.isBot)?.id ?? ''
    if (this.channelId !== 'home' && !snapshot.channels.some((channel) => channel.id === this.channelId)) {
      // A link may name only the thread: open the channel it is in.
      const inThread = snapshot.channels.find((channel) => this.thread(channel.id, this.threadTs).length > 0)
      this.channelId = (inThread ?? snapshot.channels[0])?.id ?? ''
      if (!inThread) this.threadTs = ''
    }
    this.notify()
  }

  version(ts) {
    return `${this.#count}.${this.versions.get(ts) ?? 0}`
  }

  #touch(ts) {
    this.versions.set(ts, (this.versions.get(ts) ?? 0) + 1)
  }

  #apply(change) {
    const handlers = {
      message: () => this.#upsert(change.channel, change.message),
      messageDeleted: () => {
        this.state.messages[change.channel] = this.#list(change.channel).filter(
          (entry) => entry.ts !== change.ts,
        )
      },
      ephemeral: () => this.#ephemeral(change),
      ephemeralDeleted: () => {
        this.state.ephemerals = this.state.ephemerals.filter((entry) => entry.message.ts !== change.ts)
      },
      modal: () => {
        this.state.modal = change.modal
      },
      home: () => {
        this.state.home = change.view
      },
      pending: () => {
        this.state.pending = change.pending
      },
      channels: () => {
        this.state.channels = change.channels
      },
      connections: () => {
        this.state.connections = change.count
      },
      pagerduty: () => {
        this.state.pagerduty = change.pagerduty
      },
      mail: () => {
        this.state.mails = change.mails
      },
      status: () => {
        this.state.status = change.status
      },
    }
    handlers[change.kind]?.()
    this.notify(change)
  }

  #list(channel) {
    return (this.state.messages[channel] ??= [])
  }

  #upsert(channel, message) {
    const list = this.#list(channel)
    const index = list.findIndex((entry) => entry.ts === message.ts)
    if (index >= 0) list[index] = message
    else list.push(message)
    this.#touch(message.ts)
    if (index < 0 && channel !== this.channelId && message.user !== this.me) this.unread.add(channel)
  }

  #ephemeral({ channel, message }) {
    const known = this.state.ephemerals.find((entry) => entry.message.ts === message.ts)
    if (known) known.message = message
    else this.state.ephemerals.push({ channel, message })
    this.#touch(message.ts)
  }

  user(id) {
    return this.state.users.find((user) => user.id === id)
  }
  userName(id) {
    return this.user(id)?.name ?? (id === 'USLACKBOT' ? 'Slackbot' : id)
  }

  /** Messages of a channel with this person's ephemeral ones, by time. */
  messages(channel) {
    const whispers = this.state.ephemerals
      .filter((entry) => entry.channel === channel)
      .map((entry) => entry.message)
    return [...(this.state.messages[channel] ?? []), ...whispers].sort((a, b) => (a.ts < b.ts ? -1 : 1))
  }

  /** Roots and unthreaded messages; a reply whose root is gone shows in its thread only. */
  timeline(channel) {
    return this.messages(channel).filter((message) => !message.thread_ts || message.thread_ts === message.ts)
  }

  thread(channel, rootTs) {
    return this.messages(channel).filter((message) => message.ts === rootTs || message.thread_ts === rootTs)
  }

  actAs(id) {
    this.me = id
    remember('as', id)
    this.connect()
  }
  openChannel(id) {
    this.channelId = id
    this.threadTs = ''
    this.unread.delete(id)
    remember('channel', id)
    this.notify()
  }
  openThread(ts) {
    this.threadTs = ts
    this.notify()
  }
  openPanel(name) {
    this.panel = this.panel === name ? '' : name
    remember('panel', this.panel)
    this.notify({ kind: 'panel' })
  }

  /** Does something as the acting person; throws the server's sentence. */
  async act(act) {
    return await post('/demo/act', { as: this.me, ...act })
  }
  async control(id) {
    return await post(`/demo/controls/${id}`, {})
  }
}

async function post(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = await response.json()
  if (!answer.ok) throw new Error(answer.error)
  return answer.result
}

export const store = new Store()
