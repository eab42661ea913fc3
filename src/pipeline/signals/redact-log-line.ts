import { redactSecrets, redactValue } from './redact-secrets.ts'
import { withoutPrefix } from './trace-lines.ts'

/** A log line without its secrets that is still read as it was: JSON stays JSON, and keeps the prefix of its collector. */
export function redactLogLine(line: string): string {
  const plain = withoutPrefix(line)
  const value = jsonObject(plain)
  if (value === null) return redactSecrets(line)
  const prefix = line.endsWith(plain) ? line.slice(0, line.length - plain.length) : ''
  return redactSecrets(prefix) + JSON.stringify(redactValue(value))
}

function jsonObject(text: string): object | null {
  if (!text.trimStart().startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null // Not JSON after all: redacted as plain text.
  }
}
