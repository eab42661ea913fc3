import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { assertRepository, resolveCommit } from '../integrations/git/revisions.ts'
import { GitSourceRepository } from '../integrations/git/source-repository.ts'
import { CcpError } from '../pipeline/errors.ts'
import { localize } from '../pipeline/localization/localize.ts'
import { groupLogLines } from '../pipeline/signals/log-lines.ts'
import { redactSecrets } from '../pipeline/signals/redact-secrets.ts'
import { parseStackTraces } from '../pipeline/signals/stack-traces.ts'
import type { Diagnosis, Location, StageOutcome } from '../pipeline/contracts.ts'
import type { LocalizeDeps } from '../pipeline/localization/localize.ts'
import type { FailingInput, StackTrace } from '../pipeline/signals/stack-trace.ts'

export interface LocalizeOptions {
  /** Root of a repository. */
  readonly repo: string
  /** A log or a bare stack trace; "-" reads standard input. */
  readonly trace: string
  readonly service?: string
  /** The commit the trace comes from; HEAD where it is not given. */
  readonly commit?: string
  /** The commit in production before. */
  readonly previous?: string
}

interface Occurrence {
  readonly trace: StackTrace
  readonly failingInput: FailingInput | null
  count: number
}

const MAX_TRACE_BYTES = 64 * 1024 * 1024
const MAX_TRIED = 10

/**
 * `ccp localize`: prints one JSON object, the place in the repository or `{"reason"}`.
 * Answers the exit code: 0 found, 1 no frame of any trace belongs to the repository.
 * Throws CcpError `bad-input` (no trace in the file) or `not-found` (no such file, repository or commit).
 */
export async function localizeCommand(
  options: LocalizeOptions,
  write: (text: string) => void,
): Promise<number> {
  const outcome = await locateTrace(options)
  if (outcome.kind === 'done') {
    write(`${JSON.stringify(report(outcome.value, outcome.ms))}\n`)
    return 0
  }
  write(`${JSON.stringify({ reason: outcome.reason, ms: outcome.ms })}\n`)
  return 1
}

export type LocatedTrace =
  | { readonly kind: 'done'; readonly value: Location; readonly diagnosis: Diagnosis; readonly ms: number }
  | { readonly kind: 'gaveUp'; readonly reason: string; readonly ms: number }

/** The first trace of the file, the most frequent first, that leads into the repository. `ccp fix` begins with it too. */
export async function locateTrace(options: LocalizeOptions): Promise<LocatedTrace> {
  const directory = resolve(options.repo)
  await assertRepository(directory, '--repo')
  const text = await readTraceFile(options.trace)
  const startedMs = performance.now()
  const deps = await depsOf(directory, options)
  const occurrences = findTraces(text)
  if (occurrences.length === 0)
    throw new CcpError(
      'bad-input',
      `${nameOf(options.trace)} holds no stack trace of Python, Node, Java or Go`,
      {
        mend: 'Give a log file, or the text of an exception, with its frames.',
      },
    )
  const reasons: string[] = []
  for (const occurrence of occurrences.slice(0, MAX_TRIED)) {
    const diagnosis = toDiagnosis(occurrence, deps.service.name)
    const outcome: StageOutcome<Location> = await localize(diagnosis, deps)
    const ms = Math.round(performance.now() - startedMs)
    if (outcome.kind === 'done') return { kind: 'done', value: outcome.value, diagnosis, ms }
    reasons.push(outcome.kind === 'gaveUp' ? outcome.reason : `blocked by ${outcome.by.join(', ')}`)
  }
  return { kind: 'gaveUp', reason: reasons[0] ?? '', ms: Math.round(performance.now() - startedMs) }
}

async function depsOf(directory: string, options: LocalizeOptions): Promise<LocalizeDeps> {
  const previous = options.previous
  return {
    service: { name: options.service ?? basename(directory), codeRoots: [directory] },
    repository: new GitSourceRepository(directory),
    deployedCommit: await resolveCommit(directory, options.commit ?? 'HEAD'),
    previousCommit: previous === undefined ? null : await resolveCommit(directory, previous),
  }
}

async function readTraceFile(path: string): Promise<string> {
  if (path === '-') return readAll(process.stdin)
  const content = await readFile(path).catch((cause: unknown) => {
    throw new CcpError('not-found', `the trace file ${path} cannot be read`, {
      mend: 'Name a file with a log or a stack trace, or "-" for standard input.',
      cause,
    })
  })
  if (content.length > MAX_TRACE_BYTES)
    throw new CcpError('bad-input', `${path} is larger than ${MAX_TRACE_BYTES} bytes`, {
      mend: 'Cut out the part around the incident.',
    })
  return content.toString('utf8')
}

/** Equal traces once, the most frequent first; those of log records keep the request that provoked them. */
function findTraces(text: string): readonly Occurrence[] {
  const found = new Map<string, Occurrence>()
  const add = (trace: StackTrace, failingInput: FailingInput | null): void => {
    const key = JSON.stringify([trace.type, trace.frames.map((frame) => [frame.file, frame.line])])
    const known = found.get(key)
    if (known === undefined) found.set(key, { trace, failingInput, count: 1 })
    else {
      known.count += 1
      if (known.failingInput === null) found.set(key, { ...known, failingInput })
    }
  }
  for (const record of groupLogLines(text.split(/\r\n|\n/)))
    for (const trace of record.stackTraces) add(trace, record.failingInput)
  // A trace whose lines look like records of their own is only seen in the whole text.
  if (found.size === 0) for (const trace of parseStackTraces(redactSecrets(text))) add(trace, null)
  return [...found.values()].toSorted((a, b) => b.count - a.count)
}

function toDiagnosis(occurrence: Occurrence, service: string): Diagnosis {
  const { trace, failingInput } = occurrence
  return {
    incidentId: 'command-line',
    symptom: { service, text: `${trace.type}: ${trace.message}` },
    hypotheses: [],
    abstained: null,
    stackTrace: trace,
    failingInput,
    lookedAt: [],
    missing: [],
    computeMs: 0,
  }
}

function report(location: Location, ms: number): object {
  const { file, line, symbol, language, exception, snippet, blame, suspectCommit, frames, doubts } = location
  return { file, line, symbol, language, exception, snippet, blame, suspectCommit, frames, doubts, ms }
}

function nameOf(trace: string): string {
  return trace === '-' ? 'standard input' : trace
}
