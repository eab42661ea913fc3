import { LIMIT, type MessageBlock } from './blocks.ts'
import { clip, escapeText } from './text.ts'

/** A picture that belongs into a message, drawn when it is sent. */
export interface DesiredImage {
  readonly svg: string
  readonly alt: string
  readonly title: string
  /** Changes when the picture must be shown at once; in between it may lag a few seconds. */
  readonly milestone: string
}

/** One message of the thread as it should be now. */
export interface DesiredMessage {
  /** Which message it is: `root`, `diagnosis` ...; the same key is edited, a new one is posted. */
  readonly key: string
  /** For notifications, screen readers, and when Slack refuses the blocks. */
  readonly text: string
  readonly blocks: readonly MessageBlock[]
  /** Shown after the block at this index. */
  readonly image: (DesiredImage & { readonly afterBlock: number }) | null
  /** Decisions that people wait for go before everything else. */
  readonly urgent: boolean
}

export interface MessageParts {
  readonly key: string
  /** The first line of a notification: what happened, in one short sentence, escaped. */
  readonly summary: string
  readonly blocks: readonly MessageBlock[]
  readonly image?: DesiredMessage['image']
  readonly urgent?: boolean
}

/** The message with its plain text made from the blocks, within Slack's limits. */
export function desiredMessage({
  key,
  summary,
  blocks,
  image = null,
  urgent = false,
}: MessageParts): DesiredMessage {
  const kept = blocks.slice(0, LIMIT.blocksPerMessage - 2) // room for the image and a note on delay
  return {
    key,
    text: clip([summary, ...plainLines(kept)].join('\n'), LIMIT.messageText),
    blocks: kept,
    image,
    urgent,
  }
}

/** What the blocks say, without buttons. */
export function plainLines(blocks: readonly MessageBlock[]): readonly string[] {
  return blocks.flatMap((block): readonly string[] => {
    switch (block.type) {
      case 'section':
        return [block.text?.text ?? '', ...(block.fields ?? []).map((field) => field.text)]
      case 'context':
        return block.elements.map((element) => ('text' in element ? (element.text ?? '') : ''))
      case 'table':
        return block.rows.map((row) =>
          row.map((cell) => escapeText('text' in cell ? cell.text : '')).join(' | '),
        )
      case 'header':
        return [escapeText(block.text.text)]
      default:
        return []
    }
  })
}
