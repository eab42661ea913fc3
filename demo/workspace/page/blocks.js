import { h } from './dom.js'
import { interactive } from './elements.js'
import { markdownNodes } from './markdown.js'
import { lightbox } from './overlays.js'
import { richTextNodes, textNodes } from './rich.js'
import { store } from './store.js'

/** Draws Block Kit blocks; `place` says where clicks come from, `errors` stand under inputs. */
export function drawBlocks(blocks, place, errors = {}) {
  return blocks.map((block) => {
    const node = (drawers[block.type] ?? unknown)(block, place, errors)
    node.setAttribute('data-block-id', block.block_id ?? '')
    return node
  })
}

const unknown = (block) => h('div.block.unknown', {}, `[${block.type}]`)

/** A picture's address: by URL, or by an uploaded file. */
function imageUrl({ image_url: url, slack_file: file }) {
  if (url) return url
  return file?.url ?? `/files-pri/${encodeURIComponent(file?.id ?? '')}/image`
}

function accessory(element, block, place) {
  if (element.type !== 'image') return interactive(place, block, element)
  return h('img.accessory-image', { src: imageUrl(element), alt: element.alt_text })
}

function section(block, place) {
  const fields = (block.fields ?? []).map((field) => h('div.field', {}, textNodes(field)))
  return h(
    'div.block.section',
    {},
    h(
      'div.section-main',
      {},
      block.text ? h('div.text', {}, textNodes(block.text)) : '',
      fields.length > 0 ? h('div.fields', {}, fields) : '',
    ),
    block.accessory ? h('div.accessory', {}, accessory(block.accessory, block, place)) : '',
  )
}

function context(block) {
  return h(
    'div.block.context',
    {},
    block.elements.map((element) =>
      element.type === 'image'
        ? h('img.context-image', { src: imageUrl(element), alt: element.alt_text })
        : h('span.context-text', {}, textNodes(element)),
    ),
  )
}

function image(block) {
  const url = imageUrl(block)
  return h(
    'div.block.image-block',
    {},
    block.title ? h('div.image-title', {}, textNodes(block.title)) : '',
    h('img.image', {
      src: url,
      alt: block.alt_text,
      onclick: () => lightbox(url, block.title?.text ?? block.alt_text),
    }),
  )
}

function input(block, place, errors) {
  const error = errors[block.block_id]
  return h(
    'div.block.input',
    { class: error ? 'has-error' : '' },
    h(
      'label.input-label',
      {},
      textNodes(block.label),
      block.optional ? h('span.optional', {}, ' (optional)') : '',
    ),
    interactive(place, block, block.element),
    error ? h('div.input-error', { role: 'alert' }, error) : '',
    block.hint ? h('div.hint', {}, textNodes(block.hint)) : '',
  )
}

function table(block) {
  const settings = block.column_settings ?? []
  const cell = (tag) => (entry, column) =>
    h(
      tag,
      {
        style: `text-align:${settings[column]?.align ?? 'left'}`,
        class: settings[column]?.is_wrapped ? 'wrapped' : '',
      },
      entry.type === 'rich_text' ? richTextNodes(entry) : entry.text,
    )
  const [head, ...rows] = block.rows
  return h(
    'div.block.table-wrap',
    {},
    h(
      'table.slack-table',
      {},
      h('thead', {}, h('tr', {}, head.map(cell('th')))),
      h(
        'tbody',
        {},
        rows.map((row) => h('tr', {}, row.map(cell('td')))),
      ),
    ),
  )
}

const drawers = {
  section,
  context,
  image,
  input,
  table,
  header: (block) => h('div.block.header', {}, textNodes(block.text)),
  divider: () => h('div.block.divider', {}, h('hr')),
  actions: (block, place) =>
    h(
      'div.block.actions',
      {},
      block.elements.map((element) => interactive(place, block, element)),
    ),
  rich_text: (block) => h('div.block.rich-text', {}, richTextNodes(block)),
  markdown: (block) => h('div.block.markdown', {}, markdownNodes(block.text)),
}

/** The coloured-bar attachments of a message. */
export function drawAttachments(attachments, place) {
  return attachments.map((item) =>
    h(
      'div.attachment',
      {},
      h('div.attachment-bar', { style: `background:${colorOf(item.color)}` }),
      h(
        'div.attachment-body',
        {},
        item.pretext ? h('div.text', {}, textNodes({ type: 'mrkdwn', text: item.pretext })) : '',
        item.title
          ? h(
              'div.attachment-title',
              {},
              textNodes({
                type: 'mrkdwn',
                text: item.title_link ? `<${item.title_link}|${item.title}>` : item.title,
              }),
            )
          : '',
        item.text ? h('div.text', {}, textNodes({ type: 'mrkdwn', text: item.text })) : '',
        item.blocks ? drawBlocks(item.blocks, place) : '',
        (item.fields ?? []).length > 0
          ? h(
              'div.fields',
              {},
              item.fields.map((field) =>
                h(
                  'div.field',
                  {},
                  h('b', {}, field.title),
                  h('br'),
                  textNodes({ type: 'mrkdwn', text: field.value }),
                ),
              ),
            )
          : '',
        item.footer ? h('div.context', {}, item.footer) : '',
      ),
    ),
  )
}

const named = { good: '#2eb886', warning: '#daa038', danger: '#a30200' }
const colorOf = (color) =>
  named[color] ?? (/^#?[0-9a-f]{6}$/i.test(color ?? '') ? `#${color.replace('#', '')}` : '#dddddd')

/** Files shown under a message: pictures, text snippets, or a card. */
export function drawFiles(files) {
  return files.map((file) => {
    if (file.mimetype.startsWith('image/')) {
      return h(
        'div.file',
        {},
        h('div.image-title', {}, file.title),
        h('img.image', {
          src: file.url_private,
          alt: file.alt_txt ?? file.title,
          onclick: () => lightbox(file.url_private, file.title),
        }),
      )
    }
    if (file.preview !== undefined) {
      return h(
        'div.file.snippet',
        {},
        h('a.snippet-title', { href: file.url_private, target: '_blank' }, file.title),
        h('pre', {}, file.preview),
      )
    }
    return h(
      'a.file.file-card',
      { href: file.url_private, target: '_blank' },
      h('span.file-badge', {}, file.filetype.slice(0, 4)),
      h(
        'span',
        {},
        h('b', {}, file.title),
        h('small', {}, `${file.filetype.toUpperCase()} · ${kilobytes(file.size)}`),
      ),
    )
  })
}

const kilobytes = (bytes) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} kB`)

/** The state of all clicks on one message, for its version. */
export const pendingVersion = (ts) =>
  store.state.pending
    .filter((entry) => entry.ts === ts)
    .map((entry) => `${entry.blockId}${entry.actionId}${entry.state}`)
    .join()
