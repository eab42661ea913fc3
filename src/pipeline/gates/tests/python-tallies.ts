import { NOTHING_RAN, type Tally, type TestFailure } from './tally.ts'

const UNITTEST_NAME = /^(\w+) \(([\w.]+)\)(?: \(.*\))?(?: \.\.\. (.*))?$/
const UNITTEST_HEAD = /^(FAIL|ERROR|UNEXPECTED SUCCESS): (.+)$/
const STATUS_ALONE = /(?:^|\.\.\. )(ok|FAIL|ERROR|skipped .*|expected failure|unexpected success)$/

/** Reads `python -m unittest -v`; several runs one after the other are added up. */
export function readUnittest(text: string): Tally {
  if (!/^Ran \d+ tests? in /m.test(text)) return NOTHING_RAN
  const lines = text.split('\n')
  const { ran, skipped } = unittestIds(lines)
  const failures = unittestFailures(lines)
  const total = sum(text, /^Ran (\d+) tests? in /gm)
  const skippedCount = sum(text, /\bskipped=(\d+)/g)
  // A module that does not load is counted by unittest as a test of its own.
  const unloadable = failures
    .filter(({ id }) => id.includes('unittest.loader._FailedTest'))
    .map(({ id }) => id)
  for (const { id } of failures) ran.add(id)
  for (const id of unloadable) ran.delete(id)
  return {
    executed: Math.max(0, total - skippedCount - unloadable.length),
    skipped: skippedCount,
    failures,
    ran,
    skippedIds: skipped,
    unloadable,
  }
}

function unittestIds(lines: readonly string[]): { ran: Set<string>; skipped: Set<string> } {
  const ran = new Set<string>()
  const skipped = new Set<string>()
  let current: string | null = null
  for (const line of lines) {
    const name = UNITTEST_NAME.exec(line)
    if (name !== null) current = unittestId(name[1] ?? '', name[2] ?? '')
    // With a docstring the result stands on the line after the name; what the test prints stands between.
    const status = STATUS_ALONE.exec(line)?.[1]
    if (status === undefined || current === null) continue
    if (status.startsWith('skipped') || status === 'expected failure') skipped.add(current)
    else ran.add(current)
    current = null
  }
  return { ran, skipped }
}

/** Python 3.11 and later repeat the method's name behind the class. */
function unittestId(method: string, owner: string): string {
  return owner.endsWith(`.${method}`) ? owner : `${owner}.${method}`
}

function unittestFailures(lines: readonly string[]): readonly TestFailure[] {
  const failures = new Map<string, string>()
  lines.forEach((line, at) => {
    const head = UNITTEST_HEAD.exec(line)
    if (head === null || !/^[=-]{20,}$/.test(lines[at - 1] ?? '')) return
    // What follows the name are a message and the values of a subtest.
    const name = /^(\w+) \(([\w.]+)\)/.exec(head[2] ?? '')
    const id = name === null ? (head[2] ?? '') : unittestId(name[1] ?? '', name[2] ?? '')
    const end = lines.findIndex((text, after) => after > at + 2 && /^[=-]{20,}$/.test(text))
    const body = lines.slice(at + 1, end === -1 ? undefined : end).filter((text) => text.trim() !== '')
    failures.set(id, body.at(-1)?.trim() ?? 'failed')
  })
  return [...failures].map(([id, message]) => ({ id, message }))
}

const PYTEST_LINE = /^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\s+(.+)$/

/** Reads the short summary of `pytest -rA`. */
export function readPytest(text: string): Tally {
  const ran = new Set<string>()
  const skipped = new Set<string>()
  const failures: TestFailure[] = []
  const unloadable: string[] = []
  const start = text.lastIndexOf('short test summary info')
  for (const line of text.slice(Math.max(0, start)).split('\n')) {
    const [, status, rest = ''] = PYTEST_LINE.exec(line) ?? []
    if (status === undefined) continue
    const [id = rest, message = 'failed'] = rest.split(/ - (.*)/s)
    if (status === 'PASSED' || status === 'XPASS') ran.add(id)
    else if (status === 'SKIPPED' || status === 'XFAIL')
      skipped.add(id.replace(/^\[\d+\] /, '').replace(/:\d+: .*/, ''))
    else {
      failures.push({ id, message })
      if (status === 'ERROR' && !id.includes('::')) unloadable.push(id)
      else ran.add(id)
    }
  }
  const totals = /^=*\s*(.*\d+ (?:passed|failed|error|skipped).*) in [\d.]+s/m.exec(text)?.[1] ?? ''
  const executed = sum(totals, /(\d+) (?:passed|failed|xpassed)/g)
  return {
    executed: Math.max(executed, ran.size),
    skipped: sum(totals, /(\d+) (?:skipped|xfailed)/g),
    failures,
    ran,
    skippedIds: skipped,
    unloadable,
  }
}

function sum(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0)
}
