import type { SlackContext } from './context.ts'
import type { Interactions } from './interactions.ts'
import { answerContent } from './response-url.ts'
import type { Ack } from './socket-mode.ts'
import type { Fields } from './types.ts'

/** Sends a slash command such as `/ccp status`. What Slack itself has to say arrives as an ephemeral message. */
export async function slashCommand(
  context: SlackContext,
  interactions: Interactions,
  known: readonly string[],
  input: { user: string; channel: string; line: string },
): Promise<Ack> {
  const [command = '', ...words] = input.line.trim().split(/\s+/)
  const { user, channel } = input
  if (!known.includes(command)) {
    whisper(context, user, channel, {
      text: `*${command}* is not a valid command. In Slack, all messages that start with the “/” character are interpreted as commands.`,
    })
    return { kind: 'notConnected' }
  }
  const ack = await context.sockets.deliver(
    'slash_commands',
    payload(context, interactions, input, command, words.join(' ')),
  )
  if (ack.kind === 'acked') answer(context, user, channel, ack.payload)
  else {
    const reason = ack.kind === 'timeout' ? 'operation_timeout' : 'dispatch_failed'
    whisper(context, user, channel, { text: `*${command}* failed with the error "${reason}"` })
  }
  return ack
}

function payload(
  context: SlackContext,
  interactions: Interactions,
  input: { user: string; channel: string },
  command: string,
  text: string,
): Fields {
  const common = interactions.commonFields(input.user)
  const user = common.user as { id: string; name: string }
  const team = common.team as { id: string; domain: string }
  const target = { user: input.user, channel: input.channel, ephemeral: true }
  return {
    token: common.token,
    team_id: team.id,
    team_domain: team.domain,
    channel_id: input.channel,
    channel_name: context.state.channel(input.channel).name,
    user_id: user.id,
    user_name: user.name,
    command,
    text,
    api_app_id: common.api_app_id,
    is_enterprise_install: 'false',
    response_url: `${context.state.seed.baseUrl()}/response/${context.responseUrls.issue(target)}`,
    trigger_id: context.triggers.issue(input.user),
  }
}

/** An acknowledgement with content is an answer to the command: ephemeral unless `in_channel`. */
function answer(context: SlackContext, user: string, channel: string, payload: Fields): void {
  if (payload.text === undefined && payload.blocks === undefined) return
  const content = answerContent(context, payload)
  if (payload.response_type === 'in_channel') context.state.append(channel, context.state.botUserId, content)
  else context.state.addEphemeral(user, channel, context.state.compose(context.state.botUserId, content))
}

function whisper(context: SlackContext, user: string, channel: string, content: { text: string }): void {
  const message = context.state.compose('USLACKBOT', content)
  context.state.addEphemeral(user, channel, message)
}
