import type { Stage } from './acts.ts'
import type { Control } from './options.ts'
import type { MailSink } from './mail/sink.ts'
import type { SlackUser } from './slack/types.ts'

/** One line the demo writes on top of the page. */
export interface Status {
  readonly text: string
  readonly tone: 'idle' | 'busy' | 'good' | 'bad'
}

export interface Shown extends Stage {
  readonly mail: MailSink
  readonly controls: readonly Control[]
  readonly guide: readonly string[]
  readonly status: () => Status
}

type Json = Record<string, unknown>

/** What the page draws for one person, all at once; later changes arrive one by one. */
export function snapshot(shown: Shown, user: string): Json {
  const { state, modals, sockets } = shown.slack.context
  const channels = [...state.channels.values()].filter((channel) => channel.members.has(user))
  return {
    team: { id: state.seed.teamId, name: state.seed.teamName },
    bot: { userId: state.botUserId, name: state.seed.botName },
    users: [...state.users.values()],
    channels: channelsFor(shown, user),
    messages: Object.fromEntries(channels.map((channel) => [channel.id, state.messages(channel.id)])),
    ephemerals: state.ephemerals(user).map(({ channel, message }) => ({ channel, message })),
    modal: modals.current(user),
    home: state.homes.get(user) ?? null,
    pending: shown.slack.interactions.pending(user),
    connections: sockets.connections,
    commands: shown.commands,
    controls: shown.controls,
    guide: shown.guide,
    status: shown.status(),
    pagerduty: pagerdutyPanel(shown),
    mails: shown.mail.mails(),
  }
}

/** The channels and direct messages a person has in the sidebar. */
export function channelsFor({ slack }: Shown, user: string): Json[] {
  return [...slack.context.state.channels.values()]
    .filter((channel) => channel.members.has(user))
    .map(({ members, ...channel }) => ({ ...channel, memberCount: members.size }))
}

/** Incidents newest first, services to trigger on, and the last webhook deliveries. */
export function pagerdutyPanel({ pagerduty }: Shown): Json {
  return {
    services: pagerduty.state.services.map(({ id, name }) => ({ id, name })),
    incidents: [...pagerduty.incidents()].reverse(),
    deliveries: pagerduty.deliveries().slice(-50).reverse(),
    subscriptions: pagerduty.webhooks.subscriptions.map(({ id, url, active }) => ({ id, url, active })),
  }
}

/** The person the page acts as when none is named. */
export const firstPerson = (users: Iterable<SlackUser>): string =>
  [...users].find((user) => !user.isBot)?.id ?? ''
