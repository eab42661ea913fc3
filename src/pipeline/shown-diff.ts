import type { Patch } from './contracts.ts'
import { redactConfigLines } from './signals/redact-secrets.ts'

/** The diff as people are shown it: of a configuration without the values that look like secrets. */
export function shownDiff({ diff, pair }: Patch): string {
  return pair?.part === 'config' ? redactConfigLines(diff.split('\n')).join('\n') : diff
}
