import { emoji } from './emoji.js'

/** @typedef {{kind: string, text?: string, url?: string, id?: string, children?: Node[]}} Node */

const unescape = (text) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/**
 * Parses Slack's mrkdwn into a tree: `pre` and `quote` blocks, and inline `text`, `bold`, `italic`,
 * `strike`, `code`, `link`, `user`, `channel`, `broadcast`, `emoji`, `date` and `br`.
 */
export function parseMrkdwn(text) {
  const nodes = []
  for (const [index, part] of text.split('```').entries()) {
    const closed = index % 2 === 1 && index < text.split('```').length - 1
    if (closed) nodes.push({ kind: 'pre', text: plain(part.replace(/^\n/, '').replace(/\n$/, '')) })
    else if (part !== '') nodes.push(...lines(index % 2 === 1 ? `\`\`\`${part}` : part, nodes.length > 0))
  }
  return nodes
}

/** Text inside code: links show their address, entities their character. */
const plain = (text) =>
  unescape(text.replace(/<(https?:[^|>]+)(?:\|([^>]*))?>/g, (_all, url, label) => label ?? url))

function lines(text, afterBlock) {
  const nodes = []
  let quoted = []
  const endQuote = () => {
    if (quoted.length > 0) nodes.push({ kind: 'quote', children: joined(quoted) })
    quoted = []
  }
  const rows = text.split('\n')
  // The line break next to a code block belongs to the block.
  if (afterBlock && rows[0] === '') rows.shift()
  if (rows.length > 1 && rows.at(-1) === '') rows.pop()
  let first = true
  for (const row of rows) {
    const quote = /^(?:>|&gt;)\s?(.*)$/.exec(row)
    if (quote) {
      quoted.push(quote[1])
      continue
    }
    const hadQuote = quoted.length > 0
    endQuote()
    if (!first && !hadQuote) nodes.push({ kind: 'br' })
    nodes.push(...parseInline(row))
    first = false
  }
  endQuote()
  return nodes
}

const joined = (rows) =>
  rows.flatMap((row, index) => [...(index > 0 ? [{ kind: 'br' }] : []), ...parseInline(row)])

/** Styled spans need a boundary outside and no space inside: `2 * 3 * 4` is no bold. */
const inline = new RegExp(
  [
    '`(?<code>[^`\\n]+)`',
    '<(?<angle>[^<>\\n]+)>',
    ':(?<emoji>[a-z0-9_+-]+):',
    '(?<![\\w*])\\*(?<bold>[^\\s*](?:[^*\\n]*[^\\s*])?)\\*(?![\\w*])',
    '(?<![\\w_])_(?<italic>[^\\s_](?:[^\\n]*?[^\\s_])?)_(?![\\w_])',
    '(?<![\\w~])~(?<strike>[^\\s~](?:[^~\\n]*[^\\s~])?)~(?![\\w~])',
  ].join('|'),
  'g',
)

/** Parses one line. */
export function parseInline(text) {
  const nodes = []
  let end = 0
  for (const match of text.matchAll(inline)) {
    if (match.index > end) nodes.push({ kind: 'text', text: unescape(text.slice(end, match.index)) })
    nodes.push(...spanOf(match))
    end = match.index + match[0].length
  }
  if (end < text.length) nodes.push({ kind: 'text', text: unescape(text.slice(end)) })
  return nodes.reduce(joinText, [])
}

/** An emoji nobody knows is text: it joins the text beside it. */
function joinText(nodes, node) {
  const last = nodes.at(-1)
  if (node.kind === 'text' && last?.kind === 'text') last.text += node.text
  else nodes.push(node)
  return nodes
}

function spanOf(match) {
  const { code, angle, emoji: name, bold, italic, strike } = match.groups
  if (code !== undefined) return [{ kind: 'code', text: plain(code) }]
  if (angle !== undefined) return [special(angle)]
  if (name !== undefined)
    return [emoji[name] ? { kind: 'emoji', id: name, text: emoji[name] } : { kind: 'text', text: match[0] }]
  const kind = bold !== undefined ? 'bold' : italic !== undefined ? 'italic' : 'strike'
  return [{ kind, children: parseInline(bold ?? italic ?? strike) }]
}

function special(inner) {
  const [target, ...rest] = inner.split('|')
  const label = rest.length > 0 ? unescape(rest.join('|')) : undefined
  if (target.startsWith('@')) return { kind: 'user', id: target.slice(1), text: label }
  if (target.startsWith('#')) return { kind: 'channel', id: target.slice(1), text: label }
  if (target.startsWith('!date^')) return dateNode(target, label)
  if (target.startsWith('!')) return { kind: 'broadcast', text: label ?? `@${target.slice(1).split('^')[0]}` }
  const url = unescape(target)
  return { kind: 'link', url, text: label ?? url.replace(/^mailto:/, '') }
}

function dateNode(target, fallback) {
  const [, seconds, format, url] = target.split('^')
  const text = Number.isFinite(Number(seconds))
    ? formatDate(Number(seconds), format ?? '{date}')
    : (fallback ?? '')
  return url ? { kind: 'link', url, text } : { kind: 'date', text }
}

const monthLong = (date) =>
  date.toLocaleDateString('en-US', { month: 'long', day: 'numeric', year: 'numeric' })
const monthShort = (date) =>
  date.toLocaleDateString('en-US', { month: 'short', day: 'numeric', year: 'numeric' })
const clock = (date, seconds) =>
  date.toLocaleTimeString('en-US', {
    hour: 'numeric',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}),
  })

/** Slack's date tokens in the reader's own time zone. */
export function formatDate(seconds, format) {
  const date = new Date(seconds * 1000)
  const near = nearDay(date)
  const tokens = {
    date_num: date.toISOString().slice(0, 10),
    date_slash: date.toLocaleDateString('en-US'),
    date_long: date.toLocaleDateString('en-US', {
      weekday: 'long',
      month: 'long',
      day: 'numeric',
      year: 'numeric',
    }),
    date_long_pretty:
      near ?? date.toLocaleDateString('en-US', { weekday: 'long', month: 'long', day: 'numeric' }),
    date_pretty: near ?? monthLong(date),
    date_short_pretty: near ?? monthShort(date),
    date_short: monthShort(date),
    date: monthLong(date),
    time_secs: clock(date, true),
    time: clock(date, false),
    ago: ago(Date.now() / 1000 - seconds),
  }
  return format.replace(/\{(\w+)\}/g, (all, token) => tokens[token] ?? all)
}

function nearDay(date) {
  const day = (value) => new Date(value).setHours(0, 0, 0, 0)
  const days = Math.round((day(date) - day(Date.now())) / 86_400_000)
  return { 0: 'today', '-1': 'yesterday', 1: 'tomorrow' }[days]
}

function ago(seconds) {
  if (seconds < 60) return 'just now'
  if (seconds < 3600) return `${Math.floor(seconds / 60)} minutes ago`
  return seconds < 86_400
    ? `${Math.floor(seconds / 3600)} hours ago`
    : `${Math.floor(seconds / 86_400)} days ago`
}
