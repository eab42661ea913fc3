import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { REQUIRED_SCOPES } from '../../src/bot/check-installation.ts'

interface Manifest {
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } }
  readonly features: { readonly slash_commands: readonly { readonly command: string }[] }
  readonly settings: {
    readonly event_subscriptions: { readonly bot_events: readonly string[] }
    readonly interactivity: { readonly is_enabled: boolean }
    readonly socket_mode_enabled: boolean
  }
}

const manifest = parse(
  readFileSync(new URL('../../config/slack-app-manifest.yaml', import.meta.url), 'utf8'),
) as Manifest

describe('the Slack app manifest', () => {
  it('asks for every scope that the bot checks at its start, and beyond them only for private channels', () => {
    const asked = manifest.oauth_config.scopes.bot
    expect(asked.filter((scope) => !scope.startsWith('groups:'))).toEqual(
      Object.keys(REQUIRED_SCOPES).toSorted(),
    )
  })

  it('turns on what the bot listens to', () => {
    expect(manifest.features.slash_commands.map(({ command }) => command)).toEqual(['/ccp'])
    expect(manifest.settings.event_subscriptions.bot_events).toEqual(['app_mention'])
    expect(manifest.settings.interactivity.is_enabled).toBe(true)
    expect(manifest.settings.socket_mode_enabled).toBe(true)
  })
})
