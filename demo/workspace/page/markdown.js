import { h } from './dom.js'
import { plainNodes, link } from './rich.js'

/** Standard Markdown, as far as Slack's `markdown` block shows it: headings, lists, quotes, code, tables. */
export function markdownNodes(text) {
  const rows = text.split('\n')
  const nodes = []
  while (rows.length > 0) nodes.push(...nextBlock(rows))
  return nodes
}

function nextBlock(rows) {
  const row = rows[0]
  if (row.trim() === '') return void rows.shift() ?? []
  if (/^```/.test(row)) return [fence(rows)]
  if (/^\|.*\|\s*$/.test(row) && /^\|[\s:|-]+\|\s*$/.test(rows[1] ?? '')) return [table(rows)]
  if (/^(-{3,}|\*{3,})\s*$/.test(row)) return rows.shift() && [h('hr')]
  const heading = /^(#{1,6})\s+(.*)$/.exec(row)
  if (heading)
    return rows.shift() && [h('div.md-heading', { class: `md-h${heading[1].length}` }, inline(heading[2]))]
  if (/^>/.test(row))
    return [
      h(
        'blockquote',
        {},
        take(rows, /^>\s?/).flatMap((line, index) => [index > 0 ? h('br') : '', inline(line)]),
      ),
    ]
  if (/^\s*[-*]\s+/.test(row))
    return [
      h(
        'ul',
        {},
        take(rows, /^\s*[-*]\s+/).map((line) => h('li', {}, inline(line))),
      ),
    ]
  if (/^\s*\d+\.\s+/.test(row))
    return [
      h(
        'ol',
        {},
        take(rows, /^\s*\d+\.\s+/).map((line) => h('li', {}, inline(line))),
      ),
    ]
  return [paragraph(rows)]
}

function take(rows, prefix) {
  const taken = []
  while (rows.length > 0 && prefix.test(rows[0])) taken.push(rows.shift().replace(prefix, ''))
  return taken
}

function fence(rows) {
  rows.shift()
  const code = []
  while (rows.length > 0 && !/^```/.test(rows[0])) code.push(rows.shift())
  rows.shift()
  return h('pre', {}, code.join('\n'))
}

function paragraph(rows) {
  const lines = []
  while (rows.length > 0 && rows[0].trim() !== '' && !/^(#{1,6}\s|>|```|\s*[-*]\s|\s*\d+\.\s)/.test(rows[0]))
    lines.push(rows.shift())
  if (lines.length === 0) lines.push(rows.shift())
  return h(
    'p',
    {},
    lines.flatMap((line, index) => [index > 0 ? h('br') : '', inline(line)]),
  )
}

function table(rows) {
  const cells = (row) =>
    row
      .trim()
      .replace(/^\||\|$/g, '')
      .split('|')
      .map((cell) => cell.trim())
  const head = cells(rows.shift())
  rows.shift()
  const body = []
  while (rows.length > 0 && /^\|/.test(rows[0])) body.push(cells(rows.shift()))
  return h(
    'div.table-wrap',
    {},
    h(
      'table.slack-table',
      {},
      h(
        'tr',
        {},
        head.map((cell) => h('th', {}, inline(cell))),
      ),
      body.map((row) =>
        h(
          'tr',
          {},
          row.map((cell) => h('td', {}, inline(cell))),
        ),
      ),
    ),
  )
}

const spans =
  /`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)|\*\*([^*]+)\*\*|__([^_]+)__|~~([^~]+)~~|(?<!\w)[*_]([^*_\s][^*_]*)[*_](?!\w)/g

function inline(text) {
  const nodes = []
  let end = 0
  for (const match of text.matchAll(spans)) {
    nodes.push(...plainNodes(text.slice(end, match.index)))
    const [, code, label, url, bold, bold2, strike, italic] = match
    if (code) nodes.push(h('code', {}, code))
    else if (url) nodes.push(link(url, label))
    else if (bold ?? bold2) nodes.push(h('b', {}, inline(bold ?? bold2)))
    else if (strike) nodes.push(h('s', {}, inline(strike)))
    else nodes.push(h('i', {}, inline(italic)))
    end = match.index + match[0].length
  }
  return [...nodes, ...plainNodes(text.slice(end))]
}
