import type {
  ActionsBlock,
  Button,
  ConfirmationDialog,
  ContextBlock,
  HeaderBlock,
  ImageBlock,
  SectionBlock,
  TableBlock,
} from '@slack/types'
import { buttonValue, type ButtonAction, type ButtonValue } from '../ids.ts'
import { clip, plain } from './text.ts'

/** The blocks that our messages are made of; each builder keeps Slack's limits for its own block. */
export type MessageBlock =
  | ActionsBlock
  | ContextBlock
  | HeaderBlock
  | ImageBlock
  | SectionBlock
  | TableBlock
  | { readonly type: 'divider' }

/** Slack's limits (Block Kit reference) in characters or items. */
export const LIMIT = {
  sectionText: 3_000,
  headerText: 150,
  contextText: 2_000,
  contextElements: 10,
  buttonText: 75,
  confirmText: 300,
  tableRows: 100,
  tableText: 10_000,
  blocksPerMessage: 50,
  blocksPerModal: 100,
  /** What Slack advises for the `text` of a message; it takes 40,000. */
  messageText: 3_900,
} as const

export function header(text: string): HeaderBlock {
  return { type: 'header', text: { type: 'plain_text', text: plain(text, LIMIT.headerText), emoji: true } }
}

export function section(text: string): SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: clip(text, LIMIT.sectionText) || '–' } }
}

/** Small grey text; empty ones are left out, and so is the block if nothing is left. */
export function context(...texts: readonly string[]): readonly ContextBlock[] {
  const elements = texts
    .filter((text) => text !== '')
    .slice(0, LIMIT.contextElements)
    .map((text) => ({ type: 'mrkdwn' as const, text: clip(text, LIMIT.contextText) }))
  return elements.length === 0 ? [] : [{ type: 'context', elements }]
}

export function actions(buttons: readonly Button[]): readonly ActionsBlock[] {
  return buttons.length === 0 ? [] : [{ type: 'actions', elements: [...buttons] }]
}

export interface ButtonLook {
  readonly style?: 'primary' | 'danger'
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string }
}

export function button(
  action: ButtonAction,
  label: string,
  value: ButtonValue,
  look: ButtonLook = {},
): Button {
  return {
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text: plain(label, LIMIT.buttonText), emoji: true },
    value: buttonValue(value),
    ...(look.style === undefined ? {} : { style: look.style }),
    ...(look.confirm === undefined ? {} : { confirm: confirmation(look.confirm, look.style) }),
  }
}

function confirmation(
  { title, text, yes }: { title: string; text: string; yes: string },
  style: 'primary' | 'danger' | undefined,
): ConfirmationDialog {
  return {
    title: { type: 'plain_text', text: plain(title, 100) },
    text: { type: 'plain_text', text: plain(text, LIMIT.confirmText) },
    confirm: { type: 'plain_text', text: plain(yes, 30) },
    deny: { type: 'plain_text', text: 'Not now' },
    ...(style === undefined ? {} : { style }),
  }
}

/** Rows of plain cells, the first being the heading; cut so that all cells together stay within Slack's limit. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  cellMax = 400,
): TableBlock {
  const kept: string[][] = []
  let used = 0
  for (const row of [heading, ...rows].slice(0, LIMIT.tableRows)) {
    const cells = row.map((cell) => plain(cell, cellMax) || '–')
    used += cells.reduce((sum, cell) => sum + cell.length, 0)
    if (used > LIMIT.tableText) break
    kept.push(cells)
  }
  return {
    type: 'table',
    column_settings: heading.map(() => ({ is_wrapped: true })),
    rows: kept.map((cells) => cells.map((text) => ({ type: 'raw_text' as const, text }))),
  }
}
