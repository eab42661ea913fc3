import { App, LogLevel, SocketModeReceiver } from '@slack/bolt'
import { WebClient } from '@slack/web-api'
import type { Logger } from '@slack/bolt'
import { startWorkspace } from '../../demo/workspace/workspace.ts'
import type { WorkspaceOptions } from '../../demo/workspace/options.ts'
import type { Workspace } from '../../demo/workspace/workspace.ts'

export const onCall = 'UONCALL001'
export const lead = 'ULEAD00001'
export const outsider = 'UOUTSIDE01'
export const incidents = 'CINCIDENTS'

/** A workspace that is closed at the end of the test, with the apps that were started against it. */
export class Bench {
  readonly #closers: (() => Promise<unknown>)[] = []

  async workspace(options: WorkspaceOptions = {}): Promise<Workspace> {
    const workspace = await startWorkspace({ rateLimits: 'off', ...options })
    this.#closers.push(() => workspace.close())
    return workspace
  }

  /** An unmodified Bolt app in Socket Mode; only `slackApiUrl` is redirected. */
  async app(workspace: Workspace, define: (app: App) => void = () => undefined): Promise<App> {
    const app = new App({
      token: workspace.tokens.bot,
      receiver: new SocketModeReceiver({
        appToken: workspace.tokens.app,
        logLevel: LogLevel.ERROR,
        clientPingTimeout: 1000,
        installerOptions: { clientOptions: { slackApiUrl: workspace.slackApiUrl } },
      }),
      clientOptions: { slackApiUrl: workspace.slackApiUrl, retryConfig: { retries: 0 } },
      logLevel: LogLevel.ERROR,
    })
    define(app)
    await app.start()
    this.#closers.unshift(() => app.stop())
    return app
  }

  onClose(close: () => Promise<unknown>): void {
    this.#closers.unshift(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close()
  }
}

/** Tests provoke refusals on purpose; the client need not print them. */
const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
}

/** The real Web API client without retries, so that a test sees the first answer. */
export const webClient = (workspace: Workspace, token = workspace.tokens.bot): WebClient =>
  new WebClient(token, {
    slackApiUrl: workspace.slackApiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: quiet,
  })

/** The `error` word (and explanations) of a refused call. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<{ error: string; messages: readonly string[] }> {
  try {
    await call
  } catch (thrown) {
    const { data } = thrown as { data?: { error: string; response_metadata?: { messages?: string[] } } }
    if (data) return { error: data.error, messages: data.response_metadata?.messages ?? [] }
    throw thrown
  }
  throw new Error('the call was accepted')
}

export const section = (text: string): { type: 'section'; text: { type: 'mrkdwn'; text: string } } => ({
  type: 'section',
  text: { type: 'mrkdwn', text },
})

export const button = (actionId: string, text: string, value?: string) => ({
  type: 'button' as const,
  action_id: actionId,
  text: { type: 'plain_text' as const, text },
  ...(value ? { value } : {}),
})
