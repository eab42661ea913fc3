import { App, HTTPReceiver, SocketModeReceiver, type Receiver } from '@slack/bolt'
import type { Logger } from 'pino'
import { toCcpError } from '../pipeline/errors.ts'
import type { Installation } from './check-installation.ts'
import { answerQuestion, type QuestionAnswer, type QuestionDeps } from './handlers/answer-question.ts'
import type { HandlerDeps } from './handlers/handler-deps.ts'
import { parseCommand } from './handlers/parse-interaction.ts'
import { pressButton } from './handlers/press-button.ts'
import { submitReason } from './handlers/submit-reason.ts'
import { recentIds } from './recent-ids.ts'
import type { BotSettings } from './settings.ts'
import { slackLogger } from './slack-logger.ts'

/** How long Slack's pong may take; after a refresh of the connection the bot is deaf for about this long. */
const PONG_TIMEOUT_MS = 1_000

/** The Bolt app with all listeners. Every interaction is acknowledged before anything else is done. */
export function boltApp(
  settings: BotSettings,
  installation: Installation,
  deps: HandlerDeps & QuestionDeps,
): App {
  const { botUserId, botId, teamId } = installation
  const app = new App({
    receiver: receiverOf(settings, deps.log),
    // Our own answer, so that Bolt makes no call of its own with its own retries.
    authorize: async () => ({ botToken: settings.botToken, botUserId, botId, teamId }),
    clientOptions: { ...apiUrl(settings), retryConfig: { retries: 0 }, rejectRateLimitedCalls: true },
    logger: slackLogger(deps.log),
    convoStore: false,
  })
  app.action(/.*/, async ({ ack, body }) => {
    await ack()
    await pressButton(body, deps)
  })
  app.view(/.*/, async ({ ack, body }) => {
    if (body.type !== 'view_submission') return await ack()
    const answer = submitReason(body, deps)
    if (answer.kind === 'close') await ack()
    else await ack({ response_action: 'errors', errors: answer.errors })
  })
  listenForQuestions(app, deps)
  app.error(async (error) => deps.log.error({ error: toCcpError(error).message }, 'the Slack app failed'))
  return app
}

function listenForQuestions(app: App, deps: HandlerDeps & QuestionDeps): void {
  const seen = recentIds(1_000)
  app.command('/ccp', async ({ ack, body, respond }) => {
    await ack()
    const { text, user_id: userId } = parseCommand(body)
    const answer = answered({ words: text, userId }, deps)
    const { text: words, blocks, isPublic } = answer
    await respond({ response_type: isPublic ? 'in_channel' : 'ephemeral', text: words, blocks: [...blocks] })
  })
  app.event('app_mention', async ({ event, body }) => {
    if (event.user === undefined || !seen.isNew(body.event_id)) return // Slack delivers events more than once.
    const answer = answered({ words: event.text, userId: event.user }, deps)
    await deps.conversation.reply({ channel: event.channel, threadTs: event.thread_ts ?? event.ts }, answer)
  })
}

function answered(
  question: { words: string; userId: string },
  deps: HandlerDeps & QuestionDeps,
): QuestionAnswer {
  try {
    return answerQuestion(question, deps)
  } catch (thrown) {
    const { message } = toCcpError(thrown)
    deps.log.error({ error: message }, 'a question could not be answered')
    return { text: `That did not work: ${message}`, blocks: [], isPublic: false }
  }
}

function receiverOf(settings: BotSettings, log: Logger): Receiver {
  const { receiver } = settings
  const logger = slackLogger(log)
  if (receiver.mode === 'http') return new HTTPReceiver({ signingSecret: receiver.signingSecret, logger })
  return new SocketModeReceiver({
    appToken: receiver.appToken,
    clientPingTimeout: PONG_TIMEOUT_MS,
    logger,
    // No `headers` here: with them the bot token would go to `apps.connections.open`.
    installerOptions: { clientOptions: { ...apiUrl(settings) } },
  })
}

function apiUrl({ slackApiUrl }: BotSettings): { slackApiUrl?: string } {
  return slackApiUrl === undefined ? {} : { slackApiUrl }
}
