import type { IncidentRecord } from './pagerduty/types.ts'
import type { PagerDuty } from './pagerduty/pagerduty.ts'
import { slashCommand } from './slack/commands.ts'
import type { Entered } from './slack/elements.ts'
import { react, unreact } from './slack/methods/marks.ts'
import type { Slack } from './slack/slack.ts'
import type { Ack } from './slack/socket-mode.ts'
import { closeModal, submitModal } from './slack/submissions.ts'
import type { SubmitOutcome, Values } from './slack/submissions.ts'

/** Everything a person can do, on the page or from a script; both go through `perform`. */
export type Act =
  | {
      readonly act: 'click'
      readonly channel?: string
      readonly ts?: string
      readonly viewId?: string
      readonly actionId: string
      readonly blockId?: string
      readonly value?: Entered
    }
  | { readonly act: 'submit'; readonly values?: Values }
  | { readonly act: 'close' }
  | { readonly act: 'post'; readonly channel: string; readonly text: string; readonly threadTs?: string }
  | { readonly act: 'slash'; readonly channel: string; readonly line: string }
  | { readonly act: 'react'; readonly channel: string; readonly ts: string; readonly name: string }
  | { readonly act: 'dismiss'; readonly ts: string }
  | { readonly act: 'openHome' }
  | {
      readonly act: 'trigger'
      readonly service: string
      readonly title: string
      readonly urgency?: 'high' | 'low'
    }
  | {
      readonly act: 'incident'
      readonly id: string
      readonly to: 'acknowledged' | 'resolved' | 'triggered' | 'escalated'
    }

export type ActResult =
  | { readonly kind: 'ack'; readonly ack: Ack }
  | { readonly kind: 'submitted'; readonly outcome: SubmitOutcome }
  | { readonly kind: 'posted'; readonly ts: string }
  | { readonly kind: 'incident'; readonly incident: IncidentRecord }
  | { readonly kind: 'done' }

export interface Stage {
  readonly slack: Slack
  readonly pagerduty: PagerDuty
  readonly commands: readonly string[]
}

const done: ActResult = { kind: 'done' }

/** Lets a person do something. Throws a sentence when it cannot be done: no such button, no modal, nobody of that id. */
export async function perform(stage: Stage, user: string, act: Act): Promise<ActResult> {
  const { slack, pagerduty } = stage
  const known = slack.context.state.users.get(user)
  if (!known || known.isBot) throw new Error(`nobody here is ${user}`)
  switch (act.act) {
    case 'click':
      return { kind: 'ack', ack: await slack.interactions.click(clickOf(stage, user, act)) }
    case 'submit':
      return {
        kind: 'submitted',
        outcome: await submitModal(slack.context, slack.interactions, user, act.values ?? {}),
      }
    case 'close':
      await closeModal(slack.context, slack.interactions, user)
      return done
    case 'post':
      return act.text.startsWith('/')
        ? await slash(stage, user, act.channel, act.text)
        : post(stage, user, act)
    case 'slash':
      return await slash(stage, user, act.channel, act.line)
    case 'react':
      return toggleReaction(stage, user, act)
    case 'dismiss':
      slack.context.state.changeEphemeral(user, act.ts)
      return done
    case 'openHome':
      return openHome(stage, user)
    case 'trigger':
      return { kind: 'incident', incident: pagerduty.trigger(act) }
    case 'incident':
      return changeIncident(stage, user, act)
    default:
      throw new Error(`"${String((act as { act?: unknown }).act)}" is nothing a person can do here`)
  }
}

function clickOf(
  { slack }: Stage,
  user: string,
  click: Extract<Act, { act: 'click' }>,
): Parameters<Slack['interactions']['click']>[0] {
  const { act: _act, ...rest } = click
  const channel = rest.channel
    ? slack.context.state.channel(rest.channel).id
    : rest.ts
      ? channelOf(slack, rest.ts)
      : undefined
  return { ...rest, user, ...(channel ? { channel } : {}) }
}

function channelOf(slack: Slack, ts: string): string | undefined {
  const { state } = slack.context
  const channel = [...state.channels.keys()].find((id) => state.message(id, ts))
  return channel ?? state.ephemerals().find((entry) => entry.message.ts === ts)?.channel
}

async function slash(
  { slack, commands }: Stage,
  user: string,
  channel: string,
  line: string,
): Promise<ActResult> {
  const { id } = slack.context.state.channel(channel)
  return {
    kind: 'ack',
    ack: await slashCommand(slack.context, slack.interactions, commands, { user, channel: id, line }),
  }
}

function post({ slack }: Stage, user: string, act: Extract<Act, { act: 'post' }>): ActResult {
  const { state, events } = slack.context
  const channel = state.channel(act.channel)
  if (!channel.members.has(user)) throw new Error(`${user} is not in #${channel.name}`)
  if (act.text.trim() === '') throw new Error('an empty message cannot be posted')
  const message = state.append(channel.id, user, {
    text: withMentions(slack, act.text),
    ...(act.threadTs ? { threadTs: act.threadTs } : {}),
  })
  events.messagePosted(channel, message)
  return { kind: 'posted', ts: message.ts }
}

/** People type `@CCP`; Slack sends `<@U...>`. Longer names first, so that one name may begin another. */
function withMentions({ context }: Slack, text: string): string {
  const users = [...context.state.users.values()].sort((a, b) => b.name.length - a.name.length)
  return users.reduce(
    (result, user) =>
      result.replaceAll(`@${user.name}`, `<@${user.id}>`).replaceAll(`@${user.handle}`, `<@${user.id}>`),
    text,
  )
}

function toggleReaction({ slack }: Stage, user: string, act: Extract<Act, { act: 'react' }>): ActResult {
  const { state, events } = slack.context
  const channel = state.channel(act.channel)
  const message = state.message(channel.id, act.ts)
  if (!message) throw new Error(`no message ${act.ts} in #${channel.name}`)
  const has =
    message.reactions?.some((reaction) => reaction.name === act.name && reaction.users.includes(user)) ??
    false
  if (has) unreact(slack.context, channel.id, message, act.name, user)
  else react(slack.context, channel.id, message, act.name, user)
  const item = { type: 'message', channel: channel.id, ts: act.ts }
  events.emit({
    type: has ? 'reaction_removed' : 'reaction_added',
    user,
    reaction: act.name,
    item,
    item_user: message.user,
    event_ts: state.newTs(),
  })
  return done
}

function openHome({ slack }: Stage, user: string): ActResult {
  const { state, events } = slack.context
  events.emit({
    type: 'app_home_opened',
    user,
    channel: state.openIm(user).id,
    tab: 'home',
    view: state.homes.get(user),
    event_ts: state.newTs(),
  })
  return done
}

function changeIncident(
  { pagerduty }: Stage,
  user: string,
  act: Extract<Act, { act: 'incident' }>,
): ActResult {
  const change = {
    acknowledged: pagerduty.acknowledge,
    resolved: pagerduty.resolve,
    triggered: pagerduty.reopen,
    escalated: pagerduty.escalate,
  }[act.to]
  if (!change) throw new Error(`an incident cannot become "${String(act.to)}"`)
  change(act.id, user)
  return done
}
