import { createHash } from 'node:crypto'
import type { ImageBlock } from '@slack/types'
import type { MessageBlock } from '../views/blocks.ts'
import { context, section } from '../views/blocks.ts'
import type { DesiredMessage } from '../views/desired-message.ts'
import { duration } from '../views/text.ts'

/** A message ready to be sent: its blocks with the picture in its place. */
export interface Content {
  readonly text: string
  readonly blocks: readonly MessageBlock[]
  readonly hash: string
}

/** The content with this picture (or none), and the hash by which it is known to be delivered. */
export function contentOf(message: DesiredMessage, fileId: string | null): Content {
  const blocks = withImage(message, fileId)
  const hash = createHash('sha256')
    .update(JSON.stringify([message.text, blocks]))
    .digest('hex')
  return { text: message.text, blocks, hash }
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function withImage({ blocks, image }: DesiredMessage, fileId: string | null): readonly MessageBlock[] {
  if (image === null || fileId === null) return blocks
  const picture: ImageBlock = {
    type: 'image',
    slack_file: { id: fileId },
    alt_text: image.alt,
    title: { type: 'plain_text', text: image.title },
  }
  return blocks.toSpliced(image.afterBlock + 1, 0, picture)
}

/** The forms in which the content is offered, until Slack takes one: blocks, text with its buttons, text alone. */
export function ladder(content: Content): readonly Pick<Content, 'text' | 'blocks'>[] {
  const buttons = content.blocks.filter((block) => block.type === 'actions')
  const bare = content.text.slice(0, 2_900).toWellFormed()
  return [
    content,
    ...(buttons.length === 0 ? [] : [{ text: content.text, blocks: [section(bare), ...buttons] }]),
    {
      text: `${bare}\n(Slack refused the full form of this message. \`/ccp status\` shows where things stand.)`,
      blocks: [],
    },
  ]
}

/** The same with a note that it comes late; the note is not part of the hash, so it stays until the next change. */
export function withDelay(content: Content, lateMs: number): Content {
  const note = context(`🐢 Slack was throttling or out of reach: this came ${duration(lateMs)} late.`)
  return { ...content, blocks: [...content.blocks, ...note] }
}

export function withoutImage(blocks: readonly MessageBlock[]): readonly MessageBlock[] {
  return blocks.filter((block) => block.type !== 'image')
}
