import { h } from './dom.js'
import { emoji } from './emoji.js'
import { formatDate, parseMrkdwn } from './mrkdwn.js'
import { store } from './store.js'

/** A `plain_text` or `mrkdwn` object as nodes. */
export function textNodes(text) {
  if (!text) return []
  if (text.type === 'mrkdwn') return mrkdwnNodes(text.text)
  return plainNodes(text.text, text.emoji !== false)
}

/** Plain text: line breaks and, unless switched off, emoji. */
export function plainNodes(text, withEmoji = true) {
  return text.split('\n').flatMap((line, index) => [
    ...(index > 0 ? [h('br')] : []),
    ...(withEmoji
      ? line.split(/(:[a-z0-9_+-]+:)/).map((part) => {
          const glyph = part.startsWith(':') ? emoji[part.slice(1, -1)] : undefined
          return glyph ? h('span.emoji', { title: part }, glyph) : part
        })
      : [line]),
  ])
}

export const mrkdwnNodes = (text) => parseMrkdwn(text ?? '').map(toNode)

function toNode(node) {
  const children = () => (node.children ?? []).map(toNode)
  switch (node.kind) {
    case 'br':
      return h('br')
    case 'bold':
      return h('b', {}, children())
    case 'italic':
      return h('i', {}, children())
    case 'strike':
      return h('s', {}, children())
    case 'code':
      return h('code', {}, node.text)
    case 'pre':
      return h('pre', {}, node.text)
    case 'quote':
      return h('blockquote', {}, children())
    case 'link':
      return link(node.url, node.text)
    case 'user':
      return userMention(node.id)
    case 'channel':
      return channelMention(node.id, node.text)
    case 'broadcast':
      return h('span.mention.mention-me', {}, node.text)
    case 'emoji':
      return h('span.emoji', { title: `:${node.id}:` }, node.text)
    case 'date':
      return h('span.date', {}, node.text)
    default:
      return document.createTextNode(node.text ?? '')
  }
}

/** Only web and mail addresses become links; anything else stays text. */
export function link(url, text) {
  if (!/^(https?:|mailto:)/i.test(url)) return document.createTextNode(text ?? url)
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text ?? url)
}

export function userMention(id) {
  const name = store.userName(id)
  return h('span.mention', { class: id === store.me ? 'mention-me' : '' }, `@${name}`)
}

export function channelMention(id, label) {
  const channel = store.state.channels.find((entry) => entry.id === id)
  return h(
    'a.mention',
    {
      href: '#',
      onclick: (event) => {
        event.preventDefault()
        if (channel) store.openChannel(id)
      },
    },
    `#${channel?.name ?? label ?? id}`,
  )
}

/** A `rich_text` block. */
export const richTextNodes = (block) => block.elements.map(richPart)

function richPart(part) {
  switch (part.type) {
    case 'rich_text_preformatted':
      return h(
        'pre',
        {},
        part.elements.map((entry) => entry.text ?? entry.url),
      )
    case 'rich_text_quote':
      return h('blockquote', {}, part.elements.map(richLeaf))
    case 'rich_text_list':
      return richList(part)
    default:
      return h('div.rich-section', {}, part.elements.map(richLeaf))
  }
}

function richList(part) {
  const items = part.elements.map((item) => h('li', {}, item.elements.map(richLeaf)))
  return h(
    part.style === 'ordered' ? 'ol' : 'ul',
    { style: `margin-left:${(part.indent ?? 0) * 24}px` },
    items,
  )
}

function richLeaf(leaf) {
  switch (leaf.type) {
    case 'text':
      return styled(leaf, plainNodes(leaf.text, false))
    case 'link':
      return styled(leaf, [link(leaf.url, leaf.text)])
    case 'emoji':
      return h('span.emoji', { title: `:${leaf.name}:` }, emoji[leaf.name] ?? `:${leaf.name}:`)
    case 'user':
      return userMention(leaf.user_id)
    case 'channel':
      return channelMention(leaf.channel_id)
    case 'broadcast':
      return h('span.mention.mention-me', {}, `@${leaf.range}`)
    case 'date':
      return h('span.date', {}, formatDate(leaf.timestamp, leaf.format))
    case 'color':
      return h(
        'span.color-chip',
        {},
        h('i', { style: `background:${/^#[0-9a-f]{3,8}$/i.test(leaf.value) ? leaf.value : 'transparent'}` }),
        leaf.value,
      )
    default:
      return document.createTextNode(leaf.text ?? leaf.fallback ?? '')
  }
}

function styled({ style = {} }, children) {
  const tags = { code: 'code', bold: 'b', italic: 'i', strike: 's', underline: 'u' }
  return Object.entries(tags).reduce(
    (inner, [name, tag]) => (style[name] ? [h(tag, {}, inner)] : inner),
    children,
  )
}
