import { newId } from './ids.ts'
import type { SocketMode } from './socket-mode.ts'
import type { SlackState } from './state.ts'
import type { Fields, SlackChannel, SlackMessage } from './types.ts'

/** Sends Events API envelopes to the app. */
export class Events {
  readonly #state: SlackState
  readonly #sockets: SocketMode

  constructor(state: SlackState, sockets: SocketMode) {
    this.#state = state
    this.#sockets = sockets
  }

  /** Wraps one event in its `event_callback` and delivers it, with retries; does not wait for them. */
  emit(event: Fields): void {
    const { seed, botUserId } = this.#state
    void this.#sockets.deliverEvent({
      token: 'verification-token',
      team_id: seed.teamId,
      api_app_id: seed.appId,
      type: 'event_callback',
      event_id: newId('Ev'),
      event_time: Math.floor(Date.now() / 1000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: seed.teamId,
          user_id: botUserId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
      event_context: newId('4-'),
      event,
    })
  }

  /** A message somebody wrote where the bot is a member: `message`, and `app_mention` when it names the bot. */
  messagePosted(channel: SlackChannel, message: SlackMessage): void {
    if (!channel.members.has(this.#state.botUserId)) return
    const base = { ...message, channel: channel.id, event_ts: message.ts }
    this.emit({ ...base, channel_type: channelType(channel) })
    const mentioned = message.text.includes(`<@${this.#state.botUserId}>`)
    if (mentioned && message.user !== this.#state.botUserId) this.emit({ ...base, type: 'app_mention' })
  }

  /** A message was edited (`message_changed`); `before` is a copy of what it was. */
  messageChanged(channel: SlackChannel, before: SlackMessage, after: SlackMessage): void {
    this.#hidden(channel, { subtype: 'message_changed', message: { ...after }, previous_message: before })
  }

  /** A message is gone (`message_deleted`), whoever deleted it. */
  messageDeleted(channel: SlackChannel, before: SlackMessage): void {
    this.#hidden(channel, {
      subtype: 'message_deleted',
      deleted_ts: before.ts,
      previous_message: { ...before },
    })
  }

  #hidden(channel: SlackChannel, fields: Fields): void {
    if (!channel.members.has(this.#state.botUserId)) return
    const ts = this.#state.newTs()
    this.emit({
      type: 'message',
      hidden: true,
      channel: channel.id,
      channel_type: channelType(channel),
      ts,
      event_ts: ts,
      ...fields,
    })
  }
}

function channelType(channel: SlackChannel): 'im' | 'group' | 'channel' {
  if (channel.imWith) return 'im'
  return channel.isPrivate ? 'group' : 'channel'
}
