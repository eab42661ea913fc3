import type { WebClient } from '@slack/web-api'
import { WebAPIPlatformError } from '@slack/web-api'
import { CcpError } from '../pipeline/errors.ts'
import { slackFault } from './delivery/web-slack.ts'

/** What each scope is needed for: named when it is missing. Kept equal to the manifest by a test. */
export const REQUIRED_SCOPES: Readonly<Record<string, string>> = {
  'app_mentions:read': 'to answer when it is mentioned',
  'channels:history': 'to find its own messages again after a crash',
  'channels:join': 'to join the incident channel',
  'channels:read': 'to look the incident channel up',
  'chat:write': 'to post and edit the incident threads',
  commands: 'to answer /ccp',
  'files:write': 'to show the canary graph and large diffs',
}

/** Who we are in this workspace. */
export interface Installation {
  readonly botUserId: string
  readonly botId: string
  readonly teamId: string
  /** `https://example.slack.com/`. */
  readonly teamUrl: string | null
}

/**
 * Checks the token, its scopes and the channel, which is joined if need be. Throws CcpError with the mend: `bad-config`
 * for what a person must change, `unavailable` where Slack cannot be reached.
 */
export async function checkInstallation(client: WebClient, channel: string): Promise<Installation> {
  const identity = await orFault(client.auth.test())
  const scopes = identity.response_metadata?.scopes
  // Slack names the scopes in a header of every answer; without it they cannot be checked, only met.
  if (scopes !== undefined) checkScopes(scopes)
  const { user_id: botUserId, bot_id: botId, team_id: teamId, url } = identity
  if (botUserId === undefined || botId === undefined || teamId === undefined) {
    throw new CcpError('bad-config', 'the Slack token is not that of a bot', {
      mend: 'use the "Bot User OAuth Token" (xoxb-...) from the app\'s page "OAuth & Permissions"',
    })
  }
  await checkChannel(client, channel, scopes ?? null)
  return { botUserId, botId, teamId, teamUrl: url ?? null }
}

function checkScopes(granted: readonly string[]): void {
  const missing = Object.keys(REQUIRED_SCOPES).filter((scope) => !granted.includes(scope))
  if (missing.length === 0) return
  const words = missing.map((scope) => `${scope} (${REQUIRED_SCOPES[scope]})`).join(', ')
  throw new CcpError(
    'bad-config',
    `the Slack token lacks ${missing.length === 1 ? 'the scope' : 'the scopes'} ${words}`,
    {
      mend: 'add them under "OAuth & Permissions" (or apply config/slack-app-manifest.yaml), install the app again and set the new token',
    },
  )
}

async function checkChannel(
  client: WebClient,
  channel: string,
  scopes: readonly string[] | null,
): Promise<void> {
  const found = await orFault(client.conversations.info({ channel }), (error) =>
    error === 'channel_not_found' ? notFound(channel) : null,
  )
  if (found.channel?.is_archived === true) {
    throw new CcpError('bad-config', `the incident channel ${channel} is archived`, {
      mend: 'restore it, or set the id of another channel',
    })
  }
  if (found.channel?.is_private === true && scopes?.includes('groups:history') === false) {
    throw new CcpError(
      'bad-config',
      `the incident channel ${channel} is private, and the Slack token lacks groups:history`,
      {
        mend: 'add the scope (it finds our own messages again after a crash), install the app again and set the new token',
      },
    )
  }
  if (found.channel?.is_member === true) return
  await orFault(client.conversations.join({ channel }), () => notMember(channel))
}

function notFound(channel: string): CcpError {
  return new CcpError(
    'bad-config',
    `the incident channel ${channel} does not exist, or is private and the bot is not in it`,
    {
      mend: 'set the id (C0123456789, at the bottom of the channel\'s "About"), and /invite the bot if the channel is private',
    },
  )
}

function notMember(channel: string): CcpError {
  return new CcpError(
    'bad-config',
    `the bot is not in the incident channel ${channel} and cannot join it by itself`,
    {
      mend: 'write /invite @CCP in that channel',
    },
  )
}

async function orFault<T>(
  call: Promise<T>,
  translate: (error: string) => CcpError | null = () => null,
): Promise<T> {
  try {
    return await call
  } catch (thrown) {
    const known = thrown instanceof WebAPIPlatformError ? translate(thrown.data.error) : null
    throw known ?? asConfig(slackFault(thrown))
  }
}

/** At the start a refused token is a mistake of the configuration. */
function asConfig(error: CcpError): CcpError {
  if (error.code !== 'unauthorised') return error
  return new CcpError('bad-config', error.message, {
    cause: error,
    ...(error.mend === null ? {} : { mend: error.mend }),
  })
}
