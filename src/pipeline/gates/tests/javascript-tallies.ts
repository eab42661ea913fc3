import { NOTHING_RAN, type Tally, type TestFailure } from './tally.ts'

/** Reads node:test, as TAP or in its "spec" form. */
export function readNodeTest(text: string): Tally {
  return /^TAP version/m.test(text) ? readTap(text) : readSpec(text)
}

const TAP_RESULT = /^( *)(ok|not ok) \d+ - (.*?)(?: # (SKIP|TODO).*)?$/
const TAP_SUBTEST = /^( *)# Subtest: (.*)$/
/** A file without tests is reported under its own name; it proves nothing. */
const FILE_NAME = /(?:^|[\\/])[^\\/\s]+\.[cm]?[jt]sx?$/

/** Results are told with four blanks for each level, a parent after its children. */
export function readTap(text: string): Tally {
  const lines = text.split('\n')
  const path: string[] = []
  const parents = new Set<string>()
  const [ran, skipped] = [new Set<string>(), new Set<string>()]
  const failures: TestFailure[] = []
  const unloadable: string[] = []
  lines.forEach((line, at) => {
    const subtest = TAP_SUBTEST.exec(line)
    if (subtest !== null) {
      const depth = (subtest[1] ?? '').length / 4
      path.length = depth
      if (depth > 0) parents.add(path.join(' > '))
      path[depth] = subtest[2] ?? ''
      return
    }
    const [, indent = '', status, name = '', directive] = TAP_RESULT.exec(line) ?? []
    if (status === undefined) return
    const id = [...path.slice(0, indent.length / 4), name].join(' > ')
    if (parents.has(id)) return
    if (FILE_NAME.test(name) && indent === '') {
      if (status === 'not ok') {
        unloadable.push(id)
        failures.push({ id, message: tapMessage(lines, at) })
      }
      return
    }
    if (directive !== undefined) skipped.add(id)
    else ran.add(id)
    if (status === 'not ok' && directive === undefined) failures.push({ id, message: tapMessage(lines, at) })
  })
  return { executed: ran.size, skipped: skipped.size, failures, ran, skippedIds: skipped, unloadable }
}

function tapMessage(lines: readonly string[], at: number): string {
  for (let line = at + 1; line < Math.min(lines.length, at + 40); line += 1) {
    const text = lines[line] ?? ''
    if (/^\s*\.\.\.$/.test(text)) break
    const inline = /^\s*error: ['"]?(.*?)['"]?$/.exec(text)?.[1]
    if (inline === undefined) continue
    return inline.startsWith('|') || inline.startsWith('>') ? (lines[line + 1] ?? '').trim() : inline
  }
  return 'failed'
}

const SPEC_RESULT = /^(\s*)([✔✖﹣]) (.*?) \([\d.]+ms\)(?: #.*)?$/

function readSpec(text: string): Tally {
  const total = /^ℹ tests (\d+)$/m.exec(text)
  if (total === null) return NOTHING_RAN
  const number = (what: string) => Number(new RegExp(`^ℹ ${what} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  const body = text.slice(0, text.indexOf('ℹ tests '))
  const results = body.split('\n').flatMap((line) => {
    const [, , mark, name = ''] = SPEC_RESULT.exec(line) ?? []
    return mark === undefined || FILE_NAME.test(name) ? [] : [{ mark, name }]
  })
  const skipped = number('skipped') + number('todo')
  const failures = results
    .filter(({ mark }) => mark === '✖')
    .map(({ name }) => ({ id: name, message: 'failed' }))
  const executed = results.length === 0 ? 0 : Number(total[1]) - skipped
  return { executed, skipped, failures, ran: null, skippedIds: null, unloadable: [] }
}

/** The last lines of jest, vitest, mocha, ava and tap: counts, and the names of what failed where they are told. */
export function readText(text: string): Tally {
  const asNode = readNodeTest(text)
  if (asNode.executed > 0 || asNode.failures.length > 0) return asNode
  const counts = countsOf(text)
  if (counts === null) return NOTHING_RAN
  const names = [...text.matchAll(/^\s*(?:●|×|✕|FAIL)\s+(.+?)(?: \(?\d+ ?ms\)?)?$/gm)].map(
    (match) => match[1] ?? '',
  )
  const failures = [...new Set(names)].slice(0, 200).map((id) => ({ id, message: 'failed' }))
  return {
    executed: counts.passed + counts.failed,
    skipped: counts.skipped,
    failures:
      counts.failed > 0 && failures.length === 0
        ? [{ id: `${counts.failed} tests`, message: 'failed' }]
        : counts.failed > 0
          ? failures
          : [],
    ran: null,
    skippedIds: null,
    unloadable: [],
  }
}

function countsOf(text: string): { passed: number; failed: number; skipped: number } | null {
  const jest = /^\s*Tests:?\s+(.*\d+ (?:passed|failed|skipped|total).*)$/m.exec(text)?.[1]
  if (jest !== undefined) {
    return {
      passed: first(jest, /(\d+) passed/),
      failed: first(jest, /(\d+) failed/),
      skipped: first(jest, /(\d+) (?:skipped|todo)/),
    }
  }
  if (!/^\s*\d+ (?:passing|failing)/m.test(text)) return null
  return {
    passed: first(text, /^\s*(\d+) passing/m),
    failed: first(text, /^\s*(\d+) failing/m),
    skipped: first(text, /^\s*(\d+) pending/m),
  }
}

function first(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0)
}
