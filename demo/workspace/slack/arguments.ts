import type { IncomingMessage } from 'node:http'
import { header } from '../http.ts'
import { refusal, SlackApiError } from './api-error.ts'
import { isFields } from './state.ts'
import type { Block, Fields } from './types.ts'
import { messageBlockProblems } from './validate-blocks.ts'

/** Arguments that travel as JSON text in form-encoded calls. */
const structured = new Set(['blocks', 'attachments', 'metadata', 'view', 'files', 'event_payload'])

/** Reads a call's arguments from the query and a form-encoded or JSON body, the two kinds Slack takes. */
export function readArguments(request: IncomingMessage, url: URL, body: Buffer): Fields {
  const args: Fields = Object.fromEntries(url.searchParams)
  const contentType = header(request, 'content-type') ?? ''
  if (contentType.startsWith('application/json')) Object.assign(args, parsedJson(body))
  else Object.assign(args, Object.fromEntries(new URLSearchParams(body.toString('utf8'))))
  for (const key of structured) args[key] = decoded(key, args[key])
  return args
}

function parsedJson(body: Buffer): Fields {
  try {
    const value: unknown = JSON.parse(body.toString('utf8') || '{}')
    if (isFields(value)) return value
  } catch {
    // Falls through to Slack's own answer for a body that is no JSON object.
  }
  throw new SlackApiError('invalid_json')
}

function decoded(key: string, value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return value === '' ? undefined : value
  try {
    return JSON.parse(value) as unknown
  } catch {
    const error = key === 'blocks' ? 'invalid_blocks_format' : 'invalid_arguments'
    throw refusal(error, [`must be valid JSON [json-pointer:/${key}]`])
  }
}

export const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''

/** Form bodies carry booleans as words. */
export const flag = (value: unknown): boolean =>
  value === true || value === 'true' || value === '1' || value === 1

export const count = (value: unknown, fallback: number, max: number): number => {
  const number = Number(value ?? fallback)
  return Number.isInteger(number) && number > 0 ? Math.min(number, max) : fallback
}

/** A required string argument; Slack's `invalid_arguments` names the one that is missing. */
export function required(args: Fields, name: string): string {
  const value = text(args[name])
  if (value === '') throw refusal('invalid_arguments', [`missing required field: ${name}`])
  return value
}

/** Checked message blocks, or undefined where none were given. */
export function blocksOf(args: Fields): Block[] | undefined {
  if (args.blocks === undefined || args.blocks === null) return undefined
  const problems = messageBlockProblems(args.blocks)
  if (problems.length > 0) throw refusal('invalid_blocks', problems)
  return args.blocks as Block[]
}

/** Checked attachments (the coloured bars), or undefined. Blocks within them are checked as well. */
export function attachmentsOf(args: Fields): Fields[] | undefined {
  if (args.attachments === undefined || args.attachments === null) return undefined
  if (!Array.isArray(args.attachments))
    throw refusal('invalid_attachments', ['must provide an array [json-pointer:/attachments]'])
  const attachments = args.attachments as unknown[]
  if (attachments.length > 100)
    throw refusal('too_many_attachments', ['no more than 100 items allowed [json-pointer:/attachments]'])
  const problems = attachments.flatMap((item, index) =>
    isFields(item) && item.blocks !== undefined
      ? messageBlockProblems(item.blocks, `/attachments/${index}/blocks`)
      : isFields(item)
        ? []
        : [`must provide an object [json-pointer:/attachments/${index}]`],
  )
  if (problems.length > 0) throw refusal('invalid_attachments', problems)
  return attachments as Fields[]
}

/** Checked metadata, or undefined. Slack refuses metadata without its two fields. */
export function metadataOf(args: Fields): { event_type: string; event_payload: Fields } | undefined {
  const metadata = args.metadata
  if (metadata === undefined || metadata === null) return undefined
  if (!isFields(metadata) || typeof metadata.event_type !== 'string' || !isFields(metadata.event_payload)) {
    throw refusal('invalid_metadata_format', [
      'must provide event_type and event_payload [json-pointer:/metadata]',
    ])
  }
  return { event_type: metadata.event_type, event_payload: metadata.event_payload }
}
