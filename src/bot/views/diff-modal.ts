import type { ModalView } from '@slack/types'
import type { Patch } from '../../pipeline/contracts.ts'
import { shownDiff } from '../../pipeline/shown-diff.ts'
import { context, section } from './blocks.ts'
import { code, escapeText, line, plural } from './text.ts'

/** Slack takes 100 blocks and about 250 kB for a view; larger diffs go into the thread as a file. */
const MAX_BLOCKS = 60
const BLOCK_TEXT = 2_900

/** The whole diff, or null where it is too large for a modal. */
export function diffModal(patch: Patch): ModalView | null {
  const diff = shownDiff(patch)
  const chunks = chunksOf(diff)
  if (chunks === null) return null
  const files = plural(patch.files.length, 'file')
  return {
    type: 'modal',
    title: { type: 'plain_text', text: 'Diff' },
    close: { type: 'plain_text', text: 'Close' },
    blocks: [
      section(`*${line(patch.title, 300)}*`),
      ...context(
        `${files}, branch ${code(patch.branch)}, base ${code(patch.baseCommit.slice(0, 10))}`,
        diff === patch.diff ? '' : 'Values that look like secrets are not shown',
      ),
      ...(chunks.length === 0 ? [section('No code is changed.')] : chunks.map(section)),
    ],
  }
}

export function noticeModal(title: string, text: string): ModalView {
  return {
    type: 'modal',
    title: { type: 'plain_text', text: title },
    close: { type: 'plain_text', text: 'Close' },
    blocks: [section(text)],
  }
}

/** Code blocks that together hold every line; null beyond the limit. */
function chunksOf(diff: string): readonly string[] | null {
  const chunks: string[] = []
  let lines: string[] = []
  let size = 0
  const flush = (): void => {
    if (lines.length > 0) chunks.push(`\`\`\`\n${lines.join('\n')}\n\`\`\``)
    lines = []
    size = 0
  }
  for (const raw of diff.trimEnd().split('\n').slice(0, 20_000)) {
    const safe = escapeText(raw).replaceAll('```', 'ˋˋˋ')
    if (safe.length > BLOCK_TEXT) return null
    if (size + safe.length + 1 > BLOCK_TEXT) flush()
    if (chunks.length >= MAX_BLOCKS) return null
    lines.push(safe)
    size += safe.length + 1
  }
  if (diff.split('\n').length > 20_000) return null
  if (diff.trim() !== '') flush()
  return chunks.length > MAX_BLOCKS ? null : chunks
}
