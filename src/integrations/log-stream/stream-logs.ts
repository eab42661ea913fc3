import type { Readable } from 'node:stream'
import { CcpError } from '../../pipeline/errors.ts'
import type { LogSource, Window } from '../../pipeline/rca/ports.ts'
import { datedRecords } from '../../pipeline/signals/dated-records.ts'
import { parseLogLine } from '../../pipeline/signals/log-lines.ts'
import type { LogLine } from '../../pipeline/signals/telemetry.ts'

export interface StreamLogsOptions {
  readonly stream: Readable
  /** What it is, for messages: "standard input", or the file's name. */
  readonly name: string
  /** Whose lines they are where they do not say; null: those are left out. */
  readonly service: string | null
  readonly maxBytes: number
}

/**
 * Logs that come through a pipe or from one file, read to the end once. A record is of the service that it names, else of
 * `service`. Throws CcpError `bad-input` when more than `maxBytes` come, for their end, which matters most, would be missing.
 */
export class StreamLogs implements LogSource {
  readonly #options: StreamLogsOptions
  #text: Promise<string> | null = null

  constructor(options: StreamLogsOptions) {
    this.#options = options
  }

  async linesBetween({
    services,
    fromMs,
    toMs,
    limit,
  }: Window & { readonly limit: number }): Promise<readonly LogLine[]> {
    this.#text ??= this.#read()
    const lines = (await this.#text).split(/\r?\n/)
    const records = datedRecords(lines, toMs)
      .filter(({ atMs, text }) => text !== '' && atMs >= fromMs && atMs <= toMs)
      .flatMap(({ atMs, text }): readonly LogLine[] => {
        const named = parseLogLine(text).service
        const service = named !== null && services.includes(named) ? named : this.#options.service
        return service === null ? [] : [{ t: atMs / 1000, service, line: text }]
      })
      .toSorted((a, b) => a.t - b.t)
    return records.length > limit ? records.slice(records.length - limit) : records
  }

  async #read(): Promise<string> {
    const { stream, name, maxBytes } = this.#options
    const parts: Buffer[] = []
    let bytes = 0
    for await (const part of stream as AsyncIterable<Buffer | string>) {
      const buffer = typeof part === 'string' ? Buffer.from(part) : part
      bytes += buffer.length
      if (bytes > maxBytes)
        throw new CcpError('bad-input', `${name} holds more than ${maxBytes} bytes of logs`, {
          mend: 'give only the time around the incident',
        })
      parts.push(buffer)
    }
    return Buffer.concat(parts).toString('utf8')
  }
}
