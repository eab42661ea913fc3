import type { PagerDutyServiceRecord, WebhookTiming } from './pagerduty/types.ts'
import { webhookTiming } from './pagerduty/types.ts'
import type { RateLimitMode } from './slack/rate-limits.ts'
import type { SlackTiming, SlackToken, SlackUser } from './slack/types.ts'
import { slackTiming } from './slack/types.ts'

export interface UserOption {
  readonly id: string
  /** Shown in the timeline; a role, such as "On-call engineer". */
  readonly name: string
  /** Short remark in the "act as" switcher, such as "on-call". */
  readonly role: string
  readonly email?: string
}

export interface ChannelOption {
  readonly name: string
  readonly id?: string
  readonly isPrivate?: boolean
  readonly topic?: string
  /** Whether the bot was invited; true unless said otherwise. */
  readonly botIsMember?: boolean
}

/** A button the demo puts on the page. */
export interface Control {
  readonly id: string
  readonly label: string
  readonly description: string
}

export interface WorkspaceOptions {
  /** Port of the page and all HTTP stand-ins; 0 takes any free one. */
  readonly port?: number
  readonly smtpPort?: number
  readonly teamId?: string
  readonly teamName?: string
  readonly botName?: string
  readonly users?: readonly UserOption[]
  readonly channels?: readonly ChannelOption[]
  readonly tokens?: { readonly bot?: Partial<SlackToken>; readonly app?: Partial<SlackToken> }
  /** Slash commands the app registered. */
  readonly commands?: readonly string[]
  readonly pagerduty?: {
    readonly token?: string
    readonly services?: readonly {
      readonly name: string
      readonly id?: string
      readonly routingKey?: string
    }[]
    readonly webhookUrl?: string
    readonly webhookSecrets?: readonly string[]
    readonly timing?: Partial<WebhookTiming>
  }
  readonly rateLimits?: RateLimitMode
  readonly controls?: readonly Control[]
  /** Steps for a newcomer, shown above the controls. */
  readonly guide?: readonly string[]
  readonly onControl?: (id: string) => void | Promise<void>
  readonly timing?: Partial<SlackTiming>
}

export const defaultBotScopes: readonly string[] = [
  'app_mentions:read',
  'bookmarks:write',
  'channels:history',
  'channels:join',
  'channels:read',
  'chat:write',
  'commands',
  'files:read',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:read',
  'im:write',
  'pins:write',
  'reactions:read',
  'reactions:write',
  'users:read',
  'users:read.email',
]

const defaultUsers: readonly UserOption[] = [
  { id: 'UONCALL001', name: 'On-call engineer', role: 'on-call' },
  { id: 'ULEAD00001', name: 'Incident lead', role: 'lead' },
  { id: 'UOUTSIDE01', name: 'Visitor', role: 'outsider' },
]

const defaultChannels: readonly ChannelOption[] = [
  { id: 'CINCIDENTS', name: 'incidents', topic: 'Every incident has a thread here' },
  { id: 'CGENERAL01', name: 'general', topic: 'Company-wide announcements', botIsMember: false },
]

/** The options with every default filled in. */
export interface ResolvedOptions {
  readonly port: number
  readonly smtpPort: number
  readonly teamId: string
  readonly teamName: string
  readonly botName: string
  readonly users: readonly SlackUser[]
  readonly channels: readonly Required<ChannelOption>[]
  readonly botToken: SlackToken
  readonly appToken: SlackToken
  readonly commands: readonly string[]
  readonly pagerdutyToken: string
  readonly services: readonly PagerDutyServiceRecord[]
  readonly webhook?: { readonly url: string; readonly secrets: readonly string[] }
  readonly webhookTiming: WebhookTiming
  readonly rateLimits: RateLimitMode
  readonly controls: readonly Control[]
  readonly guide: readonly string[]
  readonly timing: SlackTiming
}

/** Fills in defaults and refuses, in one sentence for all mistakes, what cannot work. */
export function resolveOptions(options: WorkspaceOptions): ResolvedOptions {
  const users = (options.users ?? defaultUsers).map(toUser)
  const channels = (options.channels ?? defaultChannels).map(toChannel)
  const pagerduty = options.pagerduty ?? {}
  const problems = [
    ...duplicates(
      'user id',
      users.map((user) => user.id),
    ),
    ...duplicates(
      'channel',
      channels.map((channel) => channel.name),
    ),
    ...(users.length === 0 ? ['users must name at least one person'] : []),
    ...(channels.length === 0 ? ['channels must name at least one channel'] : []),
  ]
  if (problems.length > 0) throw new Error(`the workspace cannot start: ${problems.join('; ')}`)
  return {
    port: options.port ?? 0,
    smtpPort: options.smtpPort ?? 0,
    teamId: options.teamId ?? 'TWORKSPACE',
    teamName: options.teamName ?? 'Local workspace',
    botName: options.botName ?? 'CCP',
    users,
    channels,
    botToken: {
      token: options.tokens?.bot?.token ?? 'xoxb-local-bot',
      scopes: options.tokens?.bot?.scopes ?? defaultBotScopes,
    },
    appToken: {
      token: options.tokens?.app?.token ?? 'xapp-local-app',
      scopes: options.tokens?.app?.scopes ?? ['connections:write'],
    },
    commands: options.commands ?? ['/ccp'],
    pagerdutyToken: pagerduty.token ?? 'local-pagerduty-token',
    services: (
      pagerduty.services ?? [
        { name: 'gateway' },
        { name: 'checkout' },
        { name: 'payment' },
        { name: 'inventory' },
      ]
    ).map(toService),
    ...(pagerduty.webhookUrl
      ? { webhook: { url: pagerduty.webhookUrl, secrets: pagerduty.webhookSecrets ?? [] } }
      : {}),
    webhookTiming: { ...webhookTiming, ...pagerduty.timing },
    rateLimits: options.rateLimits ?? 'relaxed',
    controls: options.controls ?? [],
    guide: options.guide ?? [],
    timing: { ...slackTiming, ...options.timing },
  }
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')

const toUser = (user: UserOption): SlackUser => ({
  id: user.id,
  name: user.name,
  role: user.role,
  handle: slug(user.name),
  isBot: false,
  email: user.email ?? `${slug(user.name)}@example.com`,
})

const toChannel = (channel: ChannelOption): Required<ChannelOption> => ({
  name: channel.name.replace(/^#/, ''),
  id: channel.id ?? `C${slug(channel.name).toUpperCase().replaceAll('-', '').padEnd(9, '0').slice(0, 9)}`,
  isPrivate: channel.isPrivate ?? false,
  topic: channel.topic ?? '',
  botIsMember: channel.botIsMember ?? true,
})

const toService = ({
  name,
  id,
  routingKey,
}: {
  name: string
  id?: string
  routingKey?: string
}): PagerDutyServiceRecord => ({
  id: id ?? `P${slug(name).toUpperCase().replaceAll('-', '')}`.slice(0, 14),
  name,
  routingKey: routingKey ?? `routing-key-${slug(name)}`,
})

function duplicates(what: string, values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))].map(
    (value) => `${what} "${value}" is given twice`,
  )
}
