import { isFields } from './state.ts'
import type { Block, Fields } from './types.ts'

/** Blocks as plain lines: buttons in brackets, tables with bars, images by their alternative text. */
export function blocksToText(blocks: readonly Block[]): string {
  return blocks
    .map(blockText)
    .filter((text) => text !== '')
    .join('\n')
}

function blockText(block: Block): string {
  switch (block.type) {
    case 'header':
      return `### ${textOf(block.text)}`
    case 'section':
      return [textOf(block.text), ...list(block.fields).map(textOf), elementText(block.accessory)]
        .filter((text) => text !== '')
        .join('\n')
    case 'context':
      return list(block.elements)
        .map((element) =>
          element.type === 'image' ? `[image: ${String(element.alt_text)}]` : textOf(element),
        )
        .join(' · ')
    case 'actions':
      return list(block.elements).map(elementText).join(' ')
    case 'image':
      return `[image: ${String(block.alt_text)}]`
    case 'divider':
      return '---'
    case 'input':
      return `${textOf(block.label)}: ${elementText(block.element)}`
    case 'table':
      return (Array.isArray(block.rows) ? (block.rows as Fields[][]) : [])
        .map((row) => `| ${row.map(cellText).join(' | ')} |`)
        .join('\n')
    case 'rich_text':
      return list(block.elements).map(richText).join('\n')
    default:
      return typeof block.text === 'string' ? block.text : `[${block.type}]`
  }
}

const cellText = (cell: Fields): string =>
  cell.type === 'rich_text' ? list(cell.elements).map(richText).join(' ') : String(cell.text ?? '')

/** One interactive element: `[Approve](approve=42)`. */
function elementText(element: unknown): string {
  if (!isFields(element)) return ''
  if (element.type === 'image') return `[image: ${String(element.alt_text)}]`
  const label = textOf(element.text) || textOf(element.placeholder) || String(element.type)
  const value = typeof element.value === 'string' && element.value !== '' ? `=${element.value}` : ''
  return `[${label}](${String(element.action_id)}${value})`
}

function richText(part: Fields): string {
  const parts = list(part.elements)
  switch (part.type) {
    case 'rich_text_preformatted':
      return `\`\`\`\n${parts.map(richText).join('')}\n\`\`\``
    case 'rich_text_list':
      return parts
        .map((item, index) => `${part.style === 'ordered' ? `${index + 1}.` : '•'} ${richText(item)}`)
        .join('\n')
    case 'rich_text_quote':
      return `> ${parts.map(richText).join('')}`
    case 'rich_text_section':
      return parts.map(richText).join('')
    case 'link':
      return String(part.text ?? part.url)
    case 'emoji':
      return `:${String(part.name)}:`
    case 'user':
      return `<@${String(part.user_id)}>`
    default:
      return String(part.text ?? part.fallback ?? '')
  }
}

const textOf = (value: unknown): string =>
  isFields(value) && typeof value.text === 'string' ? value.text : ''
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : [])
