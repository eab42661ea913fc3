/** The parts of Slack's wire objects that the stand-in itself reads; the rest travels through untouched. */

export type Fields = Record<string, unknown>

export interface Block {
  type: string
  block_id?: string
  [field: string]: unknown
}

export interface SlackFile {
  id: string
  name: string
  title: string
  mimetype: string
  filetype: string
  size: number
  created: number
  user: string
  url_private: string
  permalink: string
  mode: 'hosted' | 'snippet'
  alt_txt?: string
  preview?: string
}

export interface Reaction {
  name: string
  users: string[]
  count: number
}

export interface SlackMessage {
  type: 'message'
  subtype?: string
  ts: string
  user: string
  team: string
  text: string
  bot_id?: string
  app_id?: string
  bot_profile?: Fields
  blocks?: Block[]
  attachments?: Fields[]
  metadata?: { event_type: string; event_payload: Fields }
  files?: SlackFile[]
  thread_ts?: string
  parent_user_id?: string
  reply_count?: number
  reply_users_count?: number
  reply_users?: string[]
  latest_reply?: string
  edited?: { user: string; ts: string }
  reactions?: Reaction[]
  pinned_to?: string[]
  is_ephemeral?: boolean
}

export interface SlackChannel {
  id: string
  name: string
  isPrivate: boolean
  /** The person a direct message with the bot belongs to; undefined for channels. */
  imWith?: string
  topic: string
  members: Set<string>
  pins: string[]
  bookmarks: Fields[]
  createdSec: number
}

export interface SlackUser {
  id: string
  /** Role name as shown in the timeline, such as "On-call engineer". */
  name: string
  /** Free text shown beside the name in the switcher. */
  role: string
  handle: string
  email: string
  isBot: boolean
}

export interface SlackView {
  id: string
  type: 'modal' | 'home'
  team_id: string
  app_id: string
  bot_id: string
  app_installed_team_id: string
  callback_id: string
  external_id: string
  private_metadata: string
  hash: string
  title?: Fields
  submit?: Fields | null
  close?: Fields | null
  blocks: Block[]
  state: { values: Record<string, Record<string, Fields>> }
  clear_on_close: boolean
  notify_on_close: boolean
  previous_view_id: string | null
  root_view_id: string
}

export interface SlackToken {
  readonly token: string
  readonly scopes: readonly string[]
}

/** Delays that real Slack fixes and tests shorten, in milliseconds. */
export interface SlackTiming {
  readonly ackTimeoutMs: number
  readonly triggerLifeMs: number
  readonly redeliveryDelaysMs: readonly number[]
  readonly fileProcessingMs: number
  readonly responseUrlLifeMs: number
}

/** Slack's own figures; event retries come at once, after a minute and after five. */
export const slackTiming: SlackTiming = {
  ackTimeoutMs: 3_000,
  triggerLifeMs: 3_000,
  redeliveryDelaysMs: [0, 60_000, 300_000],
  fileProcessingMs: 60,
  responseUrlLifeMs: 30 * 60_000,
}
