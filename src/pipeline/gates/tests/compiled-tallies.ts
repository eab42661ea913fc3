import type { Tally, TestFailure } from './tally.ts'

interface GoEvent {
  readonly Action?: string
  readonly Package?: string
  readonly Test?: string
  readonly Output?: string
  readonly ImportPath?: string
}

/** Reads `go test -json`. A package that does not build or a binary that crashes is a failure of the package. */
export function readGoTest(text: string): Tally {
  const [ran, skipped] = [new Set<string>(), new Set<string>()]
  const failed = new Set<string>()
  const [broken, ended] = [new Set<string>(), new Set<string>()]
  const output = new Map<string, string[]>()
  for (const event of goEvents(text)) {
    const id = [event.Package ?? event.ImportPath ?? '', event.Test].filter((part) => part).join('.')
    if (event.Output !== undefined) output.set(id, [...(output.get(id) ?? []), event.Output.trim()])
    if (event.Action === 'fail' || event.Action === 'build-fail') failed.add(id)
    if (event.Test === undefined) {
      if (event.Action === 'fail') broken.add(id)
      if (event.Output === 'FAIL\n') ended.add(id)
      continue
    }
    if (event.Action === 'pass' || event.Action === 'fail') ran.add(id)
    if (event.Action === 'skip') skipped.add(id)
  }
  // The package fails with each of its tests: it is a finding only where no test of it is named.
  const own = [...failed].filter(
    (id) => ran.has(id) || ![...failed].some((other) => other !== id && other.startsWith(`${id}.`)),
  )
  const failures: TestFailure[] = own.map((id) => ({ id, message: goMessage(output.get(id) ?? []) }))
  const unloadable = own.filter((id) => !ran.has(id))
  // A package that got to its last test says so in a line of its own; a panic or an exit takes the rest with it.
  const cutShort = [...broken].filter((id) => !ended.has(id))
  return {
    executed: ran.size,
    skipped: skipped.size,
    failures,
    ran,
    skippedIds: skipped,
    unloadable,
    cutShort,
  }
}

function* goEvents(text: string): Generator<GoEvent> {
  for (const line of text.split('\n')) {
    if (!line.startsWith('{"')) continue
    try {
      yield JSON.parse(line) as GoEvent
    } catch {
      // The code under test may print anything: what is not an event of the tool is no result.
      continue
    }
  }
}

function goMessage(lines: readonly string[]): string {
  const telling = lines.filter((line) => line !== '' && !/^(?:=== |--- |FAIL|ok\s|PASS|#)/.test(line))
  return telling[0] ?? 'failed'
}

const TEST_CASE = /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g

/** Reads the JUnit XML reports that Maven and Gradle leave. */
export function readJunit(text: string): Tally {
  const [ran, skipped] = [new Set<string>(), new Set<string>()]
  const failures: TestFailure[] = []
  for (const [, attributes = '', body = ''] of text.matchAll(TEST_CASE)) {
    const id = `${attribute(attributes, 'classname')}.${attribute(attributes, 'name')}`
    if (/<skipped\b/.test(body)) {
      skipped.add(id)
      continue
    }
    ran.add(id)
    const failure = /<(?:failure|error)\b([^>]*)/.exec(body)
    if (failure !== null)
      failures.push({
        id,
        message: attribute(failure[1] ?? '', 'message') || attribute(failure[1] ?? '', 'type') || 'failed',
      })
  }
  return { executed: ran.size, skipped: skipped.size, failures, ran, skippedIds: skipped, unloadable: [] }
}

function attribute(text: string, name: string): string {
  const raw = new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? ''
  return raw
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, '&')
}

/** Reads the lines that our own loop over the main methods of plain Java tests prints. */
export function readJavaMain(text: string): Tally {
  const results = [...text.matchAll(/^CCP-TEST (ok|failed) (\S+)$/gm)]
  const failures = results
    .filter((match) => match[1] === 'failed')
    .map((match) => ({ id: match[2] ?? '', message: 'ended with an error' }))
  return {
    executed: results.length,
    skipped: 0,
    failures,
    ran: new Set(results.map((match) => match[2] ?? '')),
    skippedIds: new Set(),
    unloadable: [],
  }
}
