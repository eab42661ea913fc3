import { performance } from 'node:perf_hooks'
import { toCcpError } from '../pipeline/errors.ts'
import type { CaseRanking } from '../pipeline/rca/case-ranking.ts'
import { rankCase } from '../pipeline/rca/rank-case.ts'
import type { LogSource } from '../pipeline/rca/ports.ts'
import type { RcaSettings } from '../pipeline/rca/settings.ts'
import { readCaseFile } from './case-file.ts'
import { withLogs } from './case-logs.ts'

/**
 * `ccp rca CASE.json[.gz] ...`: one JSON line a case in the order given, `ms` with loading included. Returns the exit
 * code: 0 when every file was answered (an abstention is an answer), 2 when one could not be read; the good ones are
 * answered all the same. `logs` adds lines to those of the cases.
 */
export async function rcaCommand(
  paths: readonly string[],
  settings: RcaSettings,
  write: (line: string) => void,
  complain: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
  logs: LogSource | null = null,
): Promise<number> {
  let exitCode = 0
  for (const path of paths) {
    const started = performance.now()
    try {
      const read = await readCaseFile(path)
      const ranking = rankCase(logs === null ? read : await withLogs(read, logs, settings), settings)
      write(JSON.stringify(answerOf(ranking, performance.now() - started)))
    } catch (thrown) {
      const error = toCcpError(thrown)
      complain(error.mend === null ? error.message : `${error.message}; ${error.mend}`)
      exitCode = 2
    }
  }
  return exitCode
}

/** The answer in the form that the scorer of the public cases reads. */
export function answerOf({ id, ranked, abstained }: CaseRanking, ms: number): object {
  return {
    id,
    ranked: ranked.map(({ service, confidence, change }) => ({
      service,
      confidence: Number(confidence.toFixed(4)),
      ...(change === null ? {} : { change: change.id }),
    })),
    ...(abstained === null ? {} : { abstain: true, reason: abstained }),
    ms: Number(ms.toFixed(1)),
  }
}
