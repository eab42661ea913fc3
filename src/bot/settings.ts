/** How the bot is installed in Slack and how fast it may talk. */
export interface BotSettings {
  /** `xoxb-...`. */
  readonly botToken: string
  /** Root of the Web API with a slash at its end; Slack's own if not given. */
  readonly slackApiUrl?: string
  /** Id (`C0123456789`) of the channel in which incidents get their threads. */
  readonly channel: string
  readonly receiver: ReceiverSettings
  readonly delivery: DeliverySettings
}

export type ReceiverSettings =
  /** `xapp-...`: needs no public address. */
  | { readonly mode: 'socket'; readonly appToken: string }
  /** Slack calls us at `/slack/events`. */
  | { readonly mode: 'http'; readonly signingSecret: string; readonly host: string; readonly port: number }

/** Bounds on what is sent; the defaults are Slack's published rates. */
export interface DeliverySettings {
  /** Messages posted to the channel: so many at once, and so many a second over time. */
  readonly postBurst: number
  readonly postsPerSecond: number
  readonly updateBurst: number
  readonly updatesPerMinute: number
  /** A picture is drawn anew at most this often, except when the phase changes. */
  readonly imageEveryMs: number
  /** After so many pictures of one incident only changes of phase bring a new one. */
  readonly maxImages: number
  readonly requestTimeoutMs: number
  /** First pause after a failure; doubled up to a minute. */
  readonly firstRetryMs: number
  /** When Slack has taken nothing for so long, the incident is undeliverable and another way is used. */
  readonly undeliverableAfterMs: number
  /** A message later than this says that it is late. */
  readonly lateAfterMs: number
}

/** Slack's published rates: about one post a second and channel, 50 updates a minute. */
export const SLACK_RATES: DeliverySettings = {
  postBurst: 4,
  postsPerSecond: 1,
  updateBurst: 8,
  updatesPerMinute: 48,
  imageEveryMs: 5_000,
  maxImages: 60,
  requestTimeoutMs: 10_000,
  firstRetryMs: 1_000,
  undeliverableAfterMs: 45_000,
  lateAfterMs: 10_000,
}
