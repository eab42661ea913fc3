import type { Logger } from 'pino'
import { ladder, withoutImage, type Content } from './outgoing.ts'
import type { ContentRefused, OutgoingMessage } from './slack-port.ts'

type Form = Pick<OutgoingMessage, 'text' | 'blocks'>

/** Slack processes an uploaded picture after it has answered; so often and so long we wait for it. */
const IMAGE_TRIES = 6
const IMAGE_WAIT_MS = 250

/**
 * Offers the content in ever plainer forms until Slack takes one, and logs each refusal: a message that is too large or
 * malformed must never be lost. Answers what the last offer gave.
 */
export async function sendContent<T extends { readonly kind: string }>(
  content: Content,
  send: (form: Form) => Promise<T | ContentRefused>,
  log: Logger,
): Promise<T | ContentRefused> {
  let answer: T | ContentRefused | null = null
  for (const form of ladder(content)) {
    answer = await sendWithImage(form, send)
    if (!isRefusal(answer)) return answer
    log.error({ detail: answer.detail }, 'Slack refused a message; sending it in a plainer form')
  }
  return answer ?? { kind: 'refused', part: 'content', detail: 'nothing to send' }
}

async function sendWithImage<T extends { readonly kind: string }>(
  form: Form,
  send: (form: Form) => Promise<T | ContentRefused>,
): Promise<T | ContentRefused> {
  for (let attempt = 0; attempt < IMAGE_TRIES; attempt += 1) {
    const answer = await send(form)
    if (!isRefusal(answer) || answer.part !== 'image') return answer
    await new Promise((resolve) => setTimeout(resolve, IMAGE_WAIT_MS))
  }
  return await send({ ...form, blocks: withoutImage(form.blocks) })
}

export function isRefusal(answer: { readonly kind: string }): answer is ContentRefused {
  return answer.kind === 'refused'
}
