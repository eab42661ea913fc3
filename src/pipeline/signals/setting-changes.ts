import { diffLines } from 'diff'
import { settingsOf, type Setting } from './config-settings.ts'
import { redactValue } from './redact-secrets.ts'

/** What became of one setting between two texts of a file. */
export interface SettingChange {
  readonly key: string
  /** Null: it was not there. */
  readonly before: string | null
  /** Null: it is there no more. */
  readonly after: string | null
  /** In the later text; of what was removed the line that stands in its place. */
  readonly line: number
}

/**
 * What differs between two texts of a configuration file, key by key: first what is gone, then what changed, then what is
 * new, for that is the order in which they break things. A text of which no setting can be read differs by its lines.
 */
export function settingChanges(path: string, before: string, after: string): readonly SettingChange[] {
  if (before === after) return []
  const [old, now] = [byKey(settingsOf(path, before)), byKey(settingsOf(path, after))]
  if ((old.size === 0 && before.trim() !== '') || (now.size === 0 && after.trim() !== ''))
    return changedLines(before, after)
  const lineNow = lineMap(before, after)
  const removed = [...old.values()]
    .filter(({ key }) => !now.has(key))
    .map(({ key, value, line }) => ({ key, before: value, after: null, line: lineNow(line) }))
  const others = [...now.values()]
    .map(({ key, value, line }) => ({ key, before: old.get(key)?.value ?? null, after: value, line }))
    .filter((change) => change.before !== change.after)
  const isNew = ({ before: earlier }: SettingChange): boolean => earlier === null
  return [...removed, ...others.filter((change) => !isNew(change)), ...others.filter(isNew)]
}

const MAX_VALUE = 60

/** "DECLINE_FROM 70 -> 72", "SETTLE_GBP removed (was LON-118-402)"; what looks like a secret is not repeated. */
export function describeSettingChange({ key, before, after }: SettingChange): string {
  const shown = (value: string): string => clipped(redactedSetting(key, value)) || '(empty)'
  if (after === null) return `${key} removed (was ${shown(before ?? '')})`
  if (before === null) return `${key} added (${shown(after)})`
  return `${key} ${shown(before)} -> ${shown(after)}`
}

/** The value, unless it or its key looks like that of a secret. */
export function redactedSetting(key: string, value: string): string {
  const name = key.split('.').at(-1) ?? key
  const clean = redactValue({ [name]: value }) as Record<string, unknown>
  return String(clean[name])
}

function clipped(text: string): string {
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 3)}...` : text
}

/** Of a key that is set twice the last counts, as it does for those who read such files. */
function byKey(settings: readonly Setting[]): ReadonlyMap<string, Setting> {
  return new Map(settings.map((setting) => [setting.key, setting]))
}

/** From a line of the earlier text to the line of the later one that stands there. */
function lineMap(before: string, after: string): (line: number) => number {
  const last = lastLine(after)
  const parts = diffLines(before, after)
  const places: number[] = []
  let now = 1
  parts.forEach(({ count, added, removed }, at) => {
    const next = parts[at + 1]
    // Removed lines stand where those do that came in their stead; where none came, where the next one does.
    const standing = !removed ? count : next?.added ? next.count : 1
    if (!added) for (let i = 0; i < count; i += 1) places.push(now + Math.min(i, standing - 1))
    if (!removed) now += count
  })
  return (line) => Math.min(last, places[line - 1] ?? last)
}

function changedLines(before: string, after: string): readonly SettingChange[] {
  const changes: SettingChange[] = []
  let now = 1
  for (const { count, added, removed, value } of diffLines(before, after)) {
    const text = value.trimEnd()
    const line = Math.min(now, lastLine(after))
    if (removed) changes.push({ key: `line ${line}`, before: text, after: null, line })
    if (added) changes.push({ key: `line ${line}`, before: null, after: text, line })
    if (!removed) now += count
  }
  return changes
}

function lastLine(text: string): number {
  return text.replace(/\n$/, '').split('\n').length
}
