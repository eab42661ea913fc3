/** One piece of parsed mrkdwn. */
export interface MrkdwnNode {
  readonly kind: string
  readonly text?: string
  readonly url?: string
  readonly id?: string
  readonly children?: readonly MrkdwnNode[]
}

export function parseMrkdwn(text: string): MrkdwnNode[]
export function parseInline(text: string): MrkdwnNode[]
export function formatDate(seconds: number, format: string): string
