import type { MessageBlock } from '../views/blocks.ts'

/** What the delivery needs of Slack; faults are thrown as CcpError, expected answers are values. */
export interface SlackPort {
  post(message: OutgoingMessage & { readonly threadTs: string | null }): Promise<PostAnswer>
  update(message: OutgoingMessage & { readonly ts: string }): Promise<UpdateAnswer>
  /** A message that is gone already counts as removed. */
  remove(channel: string, ts: string): Promise<void>
  /** The newest message of ours with this key, in the thread or, for the root, in the channel since `sinceMs`. */
  find(wanted: WantedMessage): Promise<string | null>
  /** Stores a PNG that is in no channel yet; its file id. */
  upload(image: { readonly bytes: Buffer; readonly filename: string; readonly alt: string }): Promise<string>
}

export interface OutgoingMessage {
  readonly channel: string
  readonly text: string
  /** Empty for plain text. */
  readonly blocks: readonly MessageBlock[]
  readonly incidentId: string
  readonly key: string
}

export interface WantedMessage {
  readonly channel: string
  readonly threadTs: string | null
  readonly sinceMs: number
  readonly incidentId: string
  readonly key: string
}

export type PostAnswer =
  /** `threadTs` is null where Slack put it beside the thread because the root is gone. */
  | { readonly kind: 'sent'; readonly ts: string; readonly threadTs: string | null }
  | ContentRefused
  | { readonly kind: 'threadGone' }

export type UpdateAnswer = { readonly kind: 'sent' } | ContentRefused | { readonly kind: 'messageGone' }

/** Slack will not take this content, whenever it is sent. */
export interface ContentRefused {
  readonly kind: 'refused'
  /** `image`: the picture is not ready or not to be had; the rest is fine. */
  readonly part: 'image' | 'content'
  readonly detail: string
}
