export interface ErrorHeader {
  readonly type: string
  readonly message: string
}

/** `TypeError: x`, `TypeError [ERR_X]: y`, `java.lang.IllegalStateException`, after any text. Bounded, so linear. */
const NAMED_ERROR =
  /(?:^|[^\w$.])((?:[A-Za-z_$][\w$]{0,80}\.){0,20}[A-Za-z_$][\w$]{0,100}(?:Error|Exception)|Error|Exception)(?: \[[\w.-]{1,80}\])?(?:: ?|(?=\s*$))/
const ANY_NAME =
  /^(?:Uncaught )?((?:[A-Za-z_$][\w$]{0,80}\.){0,20}[A-Z][\w$]{0,100})(?: \[[\w.-]{1,80}\])?(?:: ?|$)/
const LOG_LEVEL = /^(?:trace|debug|info|notice|warn|warning|error|critical|fatal|panic|severe)$/i

/** Reads a line that names an exception by a type ending in Error or Exception; null if it does not. */
export function readErrorHeader(line: string): ErrorHeader | null {
  const found = NAMED_ERROR.exec(line)
  const type = found?.[1]
  if (found === null || type === undefined) return null
  return { type, message: line.slice(found.index + found[0].length).trim() }
}

/** Reads a line that stands right above frames: `Declined: card expired` counts as well, a log level does not. */
export function readAnyHeader(line: string): ErrorHeader | null {
  const named = readErrorHeader(line)
  if (named !== null) return named
  const found = ANY_NAME.exec(line.trim())
  const type = found?.[1]
  if (found === null || type === undefined || LOG_LEVEL.test(type)) return null
  return { type, message: line.trim().slice(found[0].length).trim() }
}

export function isLogLevel(word: string): boolean {
  return LOG_LEVEL.test(word)
}
