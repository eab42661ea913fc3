import { format } from 'node:util'
import { LogLevel, type Logger as SlackLogger } from '@slack/web-api'
import type { Logger } from 'pino'

/** The SDK's log lines in our log: its chatter only at `trace`, so that it costs nothing when nobody reads it. */
export function slackLogger(log: Logger): SlackLogger {
  const trace = (...words: unknown[]): void => {
    if (log.isLevelEnabled('trace')) log.trace(format(...words))
  }
  return {
    debug: trace,
    info: trace,
    warn: (...words: unknown[]) => log.debug(format(...words)),
    error: (...words: unknown[]) => log.warn(format(...words)),
    setLevel() {},
    getLevel: () => LogLevel.DEBUG,
    setName() {},
  }
}
