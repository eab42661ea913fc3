import { setImmediate as turn } from 'node:timers/promises'
import type { SeenCase } from '../../pipeline/rca/ports.ts'
import { redactLogLine } from '../../pipeline/signals/redact-log-line.ts'
import { redactSecrets, redactValue } from '../../pipeline/signals/redact-secrets.ts'

export const RECORDING_VERSION = 2

export interface RecordedFacts {
  readonly recordedAtMs: number
  readonly deployed: DeployedReleases
}

/** What was in production, by service: the commit of its code, and of its configuration where that has a repository. */
export type DeployedReleases = Readonly<
  Record<string, { readonly commit: string; readonly configCommit?: string }>
>

/** Items between which others have their turn. */
const PORTION = 200

/**
 * The recording as JSON, in portions: a case as `ccp rca` reads it, with what else a replay needs under `recording`. Logs,
 * spans and all words are redacted.
 */
export async function* recordingText(seen: SeenCase, facts: RecordedFacts): AsyncGenerator<string> {
  const { incidentCase, incident, ...context } = seen
  const { metrics, logs, spans, ...small } = incidentCase
  const recording = {
    version: RECORDING_VERSION,
    ...facts,
    ...context,
    missing: context.missing.map(redactSecrets),
    incident: redactValue(incident),
  }
  yield JSON.stringify({ ...(redactValue(small) as object), recording }).slice(0, -1)
  yield* list('metrics', metrics, (series) => series)
  yield* list('logs', logs, (line) => ({ ...line, line: redactLogLine(line.line) }))
  yield* list('spans', spans, (span) => ({ ...span, operation: redactSecrets(span.operation) }))
  yield '}'
}

async function* list<T>(name: string, items: readonly T[], clean: (item: T) => T): AsyncGenerator<string> {
  yield `,"${name}":[`
  for (let from = 0; from < items.length; from += PORTION) {
    await turn()
    const portion = items.slice(from, from + PORTION).map((item) => JSON.stringify(clean(item)))
    yield (from === 0 ? '' : ',') + portion.join(',')
  }
  yield ']'
}
