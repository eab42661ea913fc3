import { createReadStream } from 'node:fs'
import { StreamLogs } from '../integrations/log-stream/stream-logs.ts'
import { CcpError } from '../pipeline/errors.ts'
import type { LogSource } from '../pipeline/rca/ports.ts'
import type { RcaSettings } from '../pipeline/rca/settings.ts'
import type { IncidentCase } from '../pipeline/signals/telemetry.ts'

const MAX_BYTES = 64 * 1024 * 1024

/** The logs of a file, or of standard input for "-"; what names no service is of `service`. */
export function streamLogs(path: string, service: string | null): LogSource {
  const isInput = path === '-'
  const stream = isInput ? process.stdin : createReadStream(path)
  return new StreamLogs({ stream, name: isInput ? 'standard input' : path, service, maxBytes: MAX_BYTES })
}

/** The case with the lines that the source has for its time as well. Throws CcpError `not-found` and `bad-input`. */
export async function withLogs(
  incidentCase: IncidentCase,
  source: LogSource,
  { gather }: RcaSettings,
): Promise<IncidentCase> {
  const toMs = incidentCase.detectedAt * 1000
  const window = { services: servicesOf(incidentCase), fromMs: toMs - gather.logHistoryMs, toMs }
  const lines = await source
    .linesBetween({ ...window, limit: gather.logLineLimit })
    .catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'ENOENT') throw thrown
      throw new CcpError('not-found', `${thrown.path ?? 'the log'}: there is no such file`, { cause: thrown })
    })
  return { ...incidentCase, logs: [...incidentCase.logs, ...lines].toSorted((a, b) => a.t - b.t) }
}

function servicesOf({ topology, metrics, logs }: IncidentCase): readonly string[] {
  const named = [...metrics, ...logs].map(({ service }) => service)
  return [...new Set([...(topology?.nodes ?? []), ...named])]
}
