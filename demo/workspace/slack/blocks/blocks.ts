import { limits } from '../limits.ts'
import { all, boolean, byType, isObject, list, object, oneOf, string } from './checks.ts'
import type { Check, Problem } from './checks.ts'
import {
  accessory,
  actionsElement,
  contextElement,
  hasOneImageSource,
  imageSource,
  inputElement,
  plainText,
  text,
} from './elements.ts'
import { richText } from './rich-text.ts'

const block = (type: string, required: Record<string, Check>, optional: Record<string, Check> = {}): Check =>
  object({
    required: { type: oneOf(type), ...required },
    optional: { block_id: string(limits.blockId), ...optional },
  })

const sectionHasContent: Check = (value, pointer, problems) => {
  if (isObject(value) && value.text === undefined && value.fields === undefined) {
    problems.push({ message: 'missing required field: text or fields', pointer })
  }
}

const cell = byType(() => ({
  raw_text: object({ required: { type: oneOf('raw_text'), text: string() } }),
  raw_number: object({
    required: { type: oneOf('raw_number'), value: (): void => undefined, text: string() },
  }),
  rich_text: richText,
}))

/** Rows must be equally long and all text together at most 10,000 characters. */
const tableFits: Check = (value, pointer, problems) => {
  const rows = isObject(value) && Array.isArray(value.rows) ? (value.rows as unknown[]) : []
  const widths = new Set(rows.map((row) => (Array.isArray(row) ? row.length : 0)))
  if (widths.size > 1)
    problems.push({ message: 'all rows must have the same number of cells', pointer: `${pointer}/rows` })
  if (textLength(rows) > limits.tableText) {
    problems.push({
      message: `must be less than ${limits.tableText + 1} characters in all cells together`,
      pointer: `${pointer}/rows`,
    })
  }
}

function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textLength(item), 0)
  if (!isObject(value)) return 0
  const own = typeof value.text === 'string' ? value.text.length : 0
  return own + (Array.isArray(value.elements) ? textLength(value.elements) : 0)
}

const table: Check = all(
  block(
    'table',
    { rows: list(list(cell, limits.tableColumns), limits.tableRows) },
    {
      column_settings: list(
        object({ optional: { align: oneOf('left', 'center', 'right'), is_wrapped: boolean } }),
        limits.tableColumns,
      ),
    },
  ),
  tableFits,
)

const shared: Readonly<Record<string, Check>> = {
  section: all(
    block(
      'section',
      {},
      {
        text: text(limits.sectionText),
        fields: list(text(limits.fieldText), limits.sectionFields),
        accessory,
        expand: boolean,
      },
    ),
    sectionHasContent,
  ),
  header: block('header', { text: plainText(limits.headerText) }),
  divider: block('divider', {}),
  context: block('context', { elements: list(contextElement, limits.contextElements) }),
  actions: block('actions', { elements: list(actionsElement, limits.actionsElements) }),
  image: all(
    block(
      'image',
      { alt_text: string(limits.imageAlt) },
      { title: plainText(limits.imageTitle), ...imageSource },
    ),
    hasOneImageSource,
  ),
  input: block(
    'input',
    { label: plainText(limits.inputLabel), element: inputElement },
    {
      hint: plainText(limits.inputHint),
      optional: boolean,
      dispatch_action: boolean,
    },
  ),
  rich_text: richText,
}

const messageOnly: Readonly<Record<string, Check>> = {
  markdown: block('markdown', { text: string(limits.markdownText) }),
  table,
}

/** The check for one block on a surface. */
export const blockOn = (surface: 'message' | 'view'): Check =>
  byType(() => (surface === 'message' ? { ...shared, ...messageOnly } : shared))

/** What the whole list must obey: unique block ids, unique action ids within a block, one table a message. */
export function acrossBlocks(blocks: readonly unknown[], pointer: string, problems: Problem[]): void {
  const seen = new Set<string>()
  let tables = 0
  for (const [index, value] of blocks.entries()) {
    if (!isObject(value)) continue
    if (typeof value.block_id === 'string') {
      if (seen.has(value.block_id))
        problems.push({
          message: `block_id "${value.block_id}" already exists`,
          pointer: `${pointer}/${index}/block_id`,
        })
      seen.add(value.block_id)
    }
    if (value.type === 'table' && ++tables > 1)
      problems.push({ message: 'only one table allowed', pointer: `${pointer}/${index}` })
    if (value.type === 'actions') uniqueActions(value.elements, `${pointer}/${index}/elements`, problems)
  }
}

function uniqueActions(elements: unknown, pointer: string, problems: Problem[]): void {
  const seen = new Set<string>()
  for (const [index, element] of (Array.isArray(elements) ? (elements as unknown[]) : []).entries()) {
    const id = isObject(element) ? element.action_id : undefined
    if (typeof id !== 'string') continue
    if (seen.has(id))
      problems.push({ message: `action_id "${id}" already exists`, pointer: `${pointer}/${index}/action_id` })
    seen.add(id)
  }
}
