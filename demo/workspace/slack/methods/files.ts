import { extname } from 'node:path'
import { blocksOf, required, text } from '../arguments.ts'
import { refusal, SlackApiError } from '../api-error.ts'
import type { MethodTable, SlackContext } from '../context.ts'
import { newId, newSecret } from '../ids.ts'
import { isFields } from '../state.ts'
import type { StoredFile } from '../state.ts'
import type { Fields, SlackFile } from '../types.ts'

const mimeTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.log': 'text/plain',
  '.md': 'text/markdown',
  '.json': 'application/json',
  '.diff': 'text/plain',
  '.patch': 'text/plain',
  '.csv': 'text/csv',
  '.pdf': 'application/pdf',
}

function getUploadUrl(context: SlackContext, args: Fields): Fields {
  const name = required(args, 'filename')
  const declaredBytes = Number(text(args.length))
  if (!Number.isInteger(declaredBytes) || declaredBytes <= 0)
    throw refusal('invalid_arguments', ['must be greater than 0 [json-pointer:/length]'])
  const stored = newFile(context, name, declaredBytes, text(args.alt_text) || text(args.alt_txt))
  context.state.files.set(stored.file.id, stored)
  return {
    ok: true,
    file_id: stored.file.id,
    upload_url: `${context.state.seed.baseUrl()}/upload/v1/${stored.uploadSecret}`,
  }
}

function newFile(context: SlackContext, name: string, declaredBytes: number, altText: string): StoredFile {
  const id = newId('F')
  const extension = extname(name).toLowerCase()
  const mimetype = mimeTypes[extension] ?? 'application/octet-stream'
  const url = `${context.state.seed.baseUrl()}/files-pri/${id}/${encodeURIComponent(name)}`
  const file: SlackFile = {
    id,
    name,
    title: name,
    mimetype,
    filetype: extension.slice(1) || 'binary',
    size: declaredBytes,
    created: Math.floor(context.nowMs() / 1000),
    user: context.state.botUserId,
    url_private: url,
    permalink: url,
    mode: mimetype.startsWith('text/') ? 'snippet' : 'hosted',
    ...(altText ? { alt_txt: altText } : {}),
  }
  return { file, uploadSecret: newSecret(), declaredBytes, complete: false, ready: false }
}

/** Takes the bytes of an upload; a word on why not when they do not fit what was announced. */
export function receiveUpload(context: SlackContext, secret: string, bytes: Buffer): string | undefined {
  const stored = [...context.state.files.values()].find((entry) => entry.uploadSecret === secret)
  if (!stored) return 'unknown upload URL'
  if (bytes.length !== stored.declaredBytes)
    return `expected ${stored.declaredBytes} bytes, got ${bytes.length}`
  stored.bytes = bytes
  if (stored.file.mode === 'snippet')
    stored.file.preview = bytes.toString('utf8').split('\n').slice(0, 12).join('\n')
  return undefined
}

function completeUpload(context: SlackContext, args: Fields): Fields {
  const files = (Array.isArray(args.files) ? args.files : []).filter(isFields)
  if (files.length === 0) throw refusal('invalid_arguments', ['missing required field: files'])
  const channel = text(args.channel_id) ? context.state.channel(args.channel_id) : undefined
  if (channel && !channel.members.has(context.state.botUserId)) throw new SlackApiError('not_in_channel')
  const blocks = blocksOf(args)
  const stored = files.map((entry) => uploaded(context, entry))
  // Slack processes files after it has answered; only then are they seen, and usable in image blocks.
  const timer = setTimeout(() => {
    for (const entry of stored) entry.ready = true
    if (!channel) return
    const threadTs = text(args.thread_ts)
    const content = {
      text: text(args.initial_comment),
      files: stored.map((entry) => entry.file),
      ...(blocks ? { blocks } : {}),
      ...(threadTs ? { threadTs } : {}),
    }
    const message = context.state.append(channel.id, context.state.botUserId, content)
    context.events.messagePosted(channel, { ...message, subtype: 'file_share' })
  }, context.state.seed.timing.fileProcessingMs)
  timer.unref()
  return { ok: true, files: stored.map((entry) => entry.file) }
}

function uploaded(context: SlackContext, entry: Fields): StoredFile {
  const stored = context.state.files.get(text(entry.id))
  if (!stored) throw new SlackApiError('file_not_found')
  if (!stored.bytes) throw new SlackApiError('file_upload_size_mismatch')
  if (stored.complete) throw new SlackApiError('file_already_completed')
  stored.complete = true
  stored.file.title = text(entry.title) || stored.file.name
  return stored
}

function info(context: SlackContext, args: Fields): Fields {
  const stored = context.state.files.get(required(args, 'file'))
  if (!stored?.complete) throw new SlackApiError('file_not_found')
  return {
    ok: true,
    file: { ...stored.file, ...(stored.ready ? {} : { file_access: 'check_file_info' }) },
    comments: [],
    response_metadata: { next_cursor: '' },
  }
}

export const fileMethods: MethodTable = {
  'files.getUploadURLExternal': { scopes: ['files:write'], rate: 'tier4', run: getUploadUrl },
  'files.completeUploadExternal': { scopes: ['files:write'], rate: 'tier4', run: completeUpload },
  'files.info': { scopes: ['files:read'], rate: 'tier4', run: info },
}
