import type { KnownBlock, ModalView } from '@slack/types'
import type { WebClient } from '@slack/web-api'
import { slackFault } from '../delivery/web-slack.ts'
import type { ClickedMessage } from './parse-interaction.ts'

/** What the bot says to a person who has just done something. */
export interface Conversation {
  /** For that person alone, where they clicked. */
  whisper(to: { readonly userId: string; readonly at: ClickedMessage }, text: string): Promise<void>
  openModal(triggerId: string, view: ModalView): Promise<void>
  /** In the thread of that message, or in the channel beneath it. */
  reply(at: { readonly channel: string; readonly threadTs: string }, answer: Answer): Promise<void>
  /** Puts a text file into a thread. */
  attach(at: { readonly channel: string; readonly threadTs: string }, file: TextFile): Promise<void>
}

export interface Answer {
  readonly text: string
  readonly blocks: readonly KnownBlock[]
}

export interface TextFile {
  readonly filename: string
  readonly title: string
  readonly content: string
}

/** Over Slack's Web API, with the client that is kept for people. Throws CcpError. */
export function conversation(client: WebClient): Conversation {
  return {
    async whisper({ userId, at }, text) {
      const thread = at.threadTs === null ? {} : { thread_ts: at.threadTs }
      await orFault(client.chat.postEphemeral({ channel: at.channel, user: userId, text, ...thread }))
    },
    async openModal(triggerId, view) {
      await orFault(client.views.open({ trigger_id: triggerId, view }))
    },
    async reply({ channel, threadTs }, { text, blocks }) {
      const quiet = { unfurl_links: false, unfurl_media: false }
      await orFault(
        client.chat.postMessage({ channel, thread_ts: threadTs, text, blocks: [...blocks], ...quiet }),
      )
    },
    async attach({ channel, threadTs }, { filename, title, content }) {
      const file = Buffer.from(content)
      await orFault(client.filesUploadV2({ channel_id: channel, thread_ts: threadTs, file, filename, title }))
    },
  }
}

async function orFault(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (thrown) {
    throw slackFault(thrown)
  }
}
