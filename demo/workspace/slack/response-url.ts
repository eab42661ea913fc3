import { jsonObject, sendJson } from '../http.ts'
import type { Exchange } from '../http.ts'
import { SlackApiError } from './api-error.ts'
import { flag, text } from './arguments.ts'
import type { SlackContext } from './context.ts'
import { contentOf } from './methods/chat.ts'
import type { MessageContent } from './state.ts'
import type { ResponseTarget } from './triggers.ts'
import type { Fields } from './types.ts'

/** Content of an answer by acknowledgement or `response_url`; the same checks as a posted message. */
export function answerContent(context: SlackContext, payload: Fields): MessageContent {
  return contentOf(context, payload)
}

/** `POST /response/:id`: replaces or deletes the source message, or adds one; five times in thirty minutes. */
export function respond(context: SlackContext, exchange: Exchange, id: string): void {
  const payload = jsonObject(exchange.body)
  if (!payload) return sendJson(exchange.response, 400, { ok: false, error: 'invalid_payload' })
  const target = context.responseUrls.use(id)
  if (typeof target === 'string') {
    return sendJson(exchange.response, 404, {
      ok: false,
      error: target === 'used_up' ? 'used_url' : 'expired_url',
    })
  }
  try {
    apply(context, target, payload)
    sendJson(exchange.response, 200, { ok: true })
  } catch (error) {
    if (!(error instanceof SlackApiError)) throw error
    sendJson(exchange.response, 400, { ok: false, error: error.error, ...error.extra })
  }
}

function apply(context: SlackContext, target: ResponseTarget, payload: Fields): void {
  if (flag(payload.delete_original)) return removeOriginal(context, target)
  const content = contentOf(context, payload)
  if (flag(payload.replace_original)) return replaceOriginal(context, target, content)
  const threadTs = text(payload.thread_ts)
  const placed = { ...content, ...(threadTs ? { threadTs } : {}) }
  if (payload.response_type === 'in_channel') {
    context.state.append(target.channel, context.state.botUserId, placed)
    return
  }
  const message = context.state.compose(context.state.botUserId, content)
  if (threadTs) message.thread_ts = threadTs
  context.state.addEphemeral(target.user, target.channel, message)
}

function removeOriginal(context: SlackContext, target: ResponseTarget): void {
  if (!target.ts) throw new SlackApiError('message_not_found')
  if (target.ephemeral) context.state.changeEphemeral(target.user, target.ts)
  else context.state.remove(target.channel, target.ts)
}

function replaceOriginal(context: SlackContext, target: ResponseTarget, content: MessageContent): void {
  if (!target.ts) throw new SlackApiError('message_not_found')
  if (target.ephemeral) {
    const message = context.state.compose(context.state.botUserId, content)
    if (!context.state.changeEphemeral(target.user, target.ts, message))
      throw new SlackApiError('message_not_found')
    return
  }
  const message = context.state.message(target.channel, target.ts)
  if (!message) throw new SlackApiError('message_not_found')
  const { threadTs: _never, ...change } = content
  context.state.edit(
    target.channel,
    message,
    { blocks: [], attachments: [], ...change },
    context.state.botUserId,
  )
}
