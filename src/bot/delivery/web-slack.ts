import type { Logger } from 'pino'
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api'
import type { KnownBlock } from '@slack/types'
import { CcpError } from '../../pipeline/errors.ts'
import { METADATA_EVENT } from '../ids.ts'
import type { BotSettings } from '../settings.ts'
import { slackLogger } from '../slack-logger.ts'
import type {
  ContentRefused,
  OutgoingMessage,
  PostAnswer,
  SlackPort,
  UpdateAnswer,
  WantedMessage,
} from './slack-port.ts'

const CONTENT_ERRORS = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_too_long',
  'msg_blocks_too_long',
  'no_text',
])
const GONE_ERRORS = new Set(['message_not_found', 'thread_not_found', 'cant_update_message'])
const AUTH_ERRORS = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
])
const CHANNEL_ERRORS = new Set(['channel_not_found', 'not_in_channel', 'is_archived', 'restricted_action'])
const PASSING_ERRORS = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
])

/**
 * A client whose every call is made once: no hidden retry can post twice, no rate limit can hold up other calls.
 * Clients change the options they are given, so each gets its own.
 */
export function webClient(
  settings: Pick<BotSettings, 'botToken' | 'slackApiUrl'>,
  timeoutMs: number,
  log: Logger,
): WebClient {
  return new WebClient(settings.botToken, {
    ...(settings.slackApiUrl === undefined ? {} : { slackApiUrl: settings.slackApiUrl }),
    timeout: timeoutMs,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    logger: slackLogger(log),
  })
}

/** The port over Slack's Web API. */
export function webSlack(client: WebClient, timeoutMs: number): SlackPort {
  return {
    post: (message) => post(client, message),
    update: (message) => update(client, message),
    async remove(channel, ts) {
      await answered(client.chat.delete({ channel, ts }), ['message_not_found', 'cant_delete_message'])
    },
    find: (wanted) => find(client, wanted),
    upload: (image) => upload(client, image, timeoutMs),
  }
}

function contentOf({ text, blocks, incidentId, key }: OutgoingMessage) {
  return {
    text,
    // An empty list takes the blocks of an earlier version away.
    blocks: blocks as KnownBlock[],
    metadata: { event_type: METADATA_EVENT, event_payload: { incident_id: incidentId, key } },
  }
}

async function post(
  client: WebClient,
  message: OutgoingMessage & { readonly threadTs: string | null },
): Promise<PostAnswer> {
  const { channel, threadTs } = message
  try {
    const answer = await client.chat.postMessage({
      channel,
      ...contentOf(message),
      ...(threadTs === null ? {} : { thread_ts: threadTs }),
      unfurl_links: false,
      unfurl_media: false,
    })
    if (answer.ts === undefined)
      throw new CcpError('outcome-unknown', 'Slack took a message but gave no timestamp')
    const thread = answer.message?.thread_ts
    return { kind: 'sent', ts: answer.ts, threadTs: thread ?? null }
  } catch (thrown) {
    if (isGone(thrown)) return { kind: 'threadGone' }
    return refusalOrThrow(thrown)
  }
}

async function update(
  client: WebClient,
  message: OutgoingMessage & { readonly ts: string },
): Promise<UpdateAnswer> {
  try {
    await client.chat.update({ channel: message.channel, ts: message.ts, ...contentOf(message) })
    return { kind: 'sent' }
  } catch (thrown) {
    if (isGone(thrown)) return { kind: 'messageGone' }
    return refusalOrThrow(thrown)
  }
}

const PAGES = 10
const PROCESSING_MS = 300

async function find(client: WebClient, wanted: WantedMessage): Promise<string | null> {
  const { channel, threadTs, sinceMs } = wanted
  let cursor: string | undefined
  let newest: string | null = null
  for (let page = 0; page < PAGES; page += 1) {
    const query = { channel, limit: 200, include_all_metadata: true, ...(cursor ? { cursor } : {}) }
    const answer = await answered(
      threadTs === null
        ? client.conversations.history({ ...query, oldest: String(sinceMs / 1000) })
        : client.conversations.replies({ ...query, ts: threadTs }),
      ['thread_not_found'],
    )
    const ours = (answer?.messages ?? [])
      .filter((message) => isWanted(message, wanted))
      .map((message) => message.ts ?? '')
    newest = [newest ?? '', ...ours].toSorted().at(-1) || null
    cursor = answer?.response_metadata?.next_cursor
    if (!cursor || (threadTs === null && newest !== null)) break // history comes newest first
  }
  return newest
}

function isWanted(message: { readonly metadata?: unknown }, { incidentId, key }: WantedMessage): boolean {
  const metadata = message.metadata as
    { event_type?: string; event_payload?: { incident_id?: string; key?: string } } | undefined
  const payload = metadata?.event_payload
  return metadata?.event_type === METADATA_EVENT && payload?.incident_id === incidentId && payload.key === key
}

async function upload(
  client: WebClient,
  { bytes, filename, alt }: { bytes: Buffer; filename: string; alt: string },
  timeoutMs: number,
): Promise<string> {
  const place = await answered(
    client.files.getUploadURLExternal({ filename, length: bytes.length, alt_text: alt.slice(0, 1_000) }),
  )
  const { upload_url: url, file_id: id } = place ?? {}
  if (url === undefined || id === undefined)
    throw new CcpError('unavailable', 'Slack gave no address to upload a picture to')
  await sendBytes(url, bytes, timeoutMs)
  await answered(client.files.completeUploadExternal({ files: [{ id, title: filename }] }))
  // Slack processes files after it has answered; waited for here, where nothing stands behind it.
  await new Promise((resolve) => setTimeout(resolve, PROCESSING_MS))
  return id
}

async function sendBytes(url: string, bytes: Buffer, timeoutMs: number): Promise<void> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(bytes),
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok)
      throw new CcpError('unavailable', `Slack refused the bytes of a picture with status ${response.status}`)
  } catch (thrown) {
    if (thrown instanceof CcpError) throw thrown
    throw new CcpError('unavailable', `a picture could not be uploaded to Slack: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
}

/** The call's answer; null for the errors that the caller takes for an answer. */
async function answered<T>(call: Promise<T>, expected: readonly string[] = []): Promise<T | null> {
  try {
    return await call
  } catch (thrown) {
    if (thrown instanceof WebAPIPlatformError && expected.includes(thrown.data.error)) return null
    throw slackFault(thrown)
  }
}

function isGone(thrown: unknown): boolean {
  return thrown instanceof WebAPIPlatformError && GONE_ERRORS.has(thrown.data.error)
}

function refusalOrThrow(thrown: unknown): ContentRefused {
  if (!(thrown instanceof WebAPIPlatformError) || !CONTENT_ERRORS.has(thrown.data.error))
    throw slackFault(thrown)
  const detail = [thrown.data.error, ...(thrown.data.response_metadata?.messages ?? [])].join('; ')
  return { kind: 'refused', part: /slack[_ ]file/.test(detail) ? 'image' : 'content', detail }
}

/** What the client threw as the program's own fault, with the mend where a person can do something. */
export function slackFault(thrown: unknown): CcpError {
  if (thrown instanceof CcpError) return thrown
  if (thrown instanceof WebAPIRateLimitedError) {
    const retryAfterMs = thrown.retryAfter * 1000
    return new CcpError('rate-limited', `Slack asks to wait ${thrown.retryAfter} s`, {
      retryAfterMs,
      cause: thrown,
    })
  }
  if (thrown instanceof WebAPIPlatformError) return platformFault(thrown)
  if (thrown instanceof WebAPIHTTPError) {
    return new CcpError('unavailable', `Slack answered with status ${thrown.statusCode}`, { cause: thrown })
  }
  if (thrown instanceof WebAPIRequestError) {
    return new CcpError('unavailable', `Slack could not be reached: ${thrown.original.message}`, {
      cause: thrown,
    })
  }
  return new CcpError('internal', `a call to Slack failed: ${messageOf(thrown)}`, { cause: thrown })
}

function platformFault(thrown: WebAPIPlatformError): CcpError {
  const { error } = thrown.data
  const needed = (thrown.data as { needed?: string }).needed
  if (AUTH_ERRORS.has(error)) {
    const what = needed === undefined ? error : `${error}: it needs one of ${needed}`
    return new CcpError('unauthorised', `Slack refuses the token (${what})`, {
      mend: 'install the app from config/slack-app-manifest.yaml again and set the new bot token',
      cause: thrown,
    })
  }
  if (CHANNEL_ERRORS.has(error)) {
    return new CcpError('bad-config', `the incident channel cannot be used: ${error}`, {
      mend: 'invite the bot to the channel (/invite) or set another channel id',
      cause: thrown,
    })
  }
  const code = PASSING_ERRORS.has(error) || error === 'ratelimited' ? 'unavailable' : 'bad-input'
  const details = (thrown.data.response_metadata?.messages ?? []).join('; ')
  return new CcpError(code, `Slack refuses the call: ${error}${details === '' ? '' : ` (${details})`}`, {
    cause: thrown,
  })
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
