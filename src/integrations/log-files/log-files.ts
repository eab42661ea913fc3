import { glob, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CcpError } from '../../pipeline/errors.ts'
import type { LogSource, Window } from '../../pipeline/rca/ports.ts'
import { datedRecords } from '../../pipeline/signals/dated-records.ts'
import { recordTimeMs } from '../../pipeline/signals/record-time.ts'
import type { LogLine } from '../../pipeline/signals/telemetry.ts'
import { readTail } from './read-tail.ts'

export interface LogFilesOptions {
  readonly directory: string
  /** Globs of each service's files below the directory; where none are given, `<service>@<version>*.log` and rotated `.log.N`. */
  readonly globs?: Readonly<Record<string, readonly string[]>>
  /** Most that is read of one file, from its end. */
  readonly maxBytesPerFile: number
}

/**
 * Logs in files of one directory. A record that runs over several lines (a stack trace) is one `LogLine`, its lines joined by
 * `\n`. Times are those in the records; a record without one has that of the record before it. Reads only the ends of
 * files that were written to within the window. Throws CcpError `unavailable` when the directory or a file cannot be read.
 */
export class LogFiles implements LogSource {
  readonly #options: LogFilesOptions

  constructor(options: LogFilesOptions) {
    this.#options = options
  }

  async linesBetween({
    services,
    fromMs,
    toMs,
    limit,
  }: Window & { readonly limit: number }): Promise<readonly LogLine[]> {
    const files = await this.#filesOf(services)
    const found = await Promise.all(files.map((file) => this.#linesOf(file, fromMs, toMs)))
    const lines = found.flat().sort((a, b) => a.t - b.t)
    return lines.length > limit ? lines.slice(lines.length - limit) : lines
  }

  async #filesOf(services: readonly string[]): Promise<readonly ServiceFile[]> {
    const { directory, globs } = this.#options
    const names = await readdir(directory).catch((cause: Error) => {
      throw new CcpError('unavailable', `the log directory ${directory} cannot be read: ${cause.message}`, {
        mend: 'create it, or name another in the configuration',
        cause,
      })
    })
    const found = await Promise.all(
      services.map(async (service) => {
        const patterns = globs?.[service]
        const own =
          patterns === undefined
            ? names.filter((name) => isLogOf(name, service))
            : await matching(patterns, directory)
        return own.sort().map((name) => ({ service, path: join(directory, name) }))
      }),
    )
    return found.flat()
  }

  async #linesOf({ service, path }: ServiceFile, fromMs: number, toMs: number): Promise<readonly LogLine[]> {
    try {
      const { mtimeMs } = await stat(path)
      if (mtimeMs < fromMs) return []
      const lines = await readTail(path, { fromMs, maxBytes: this.#options.maxBytesPerFile }, recordTimeMs)
      return datedRecords(lines, mtimeMs)
        .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
        .map(({ atMs, text }) => ({ t: atMs / 1000, service, line: text }))
    } catch (cause) {
      // Rotated away between listing and reading: its lines are in the file that took its place.
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw new CcpError(
        'unavailable',
        `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          mend: 'let the bot read it',
          cause,
        },
      )
    }
  }
}

interface ServiceFile {
  readonly service: string
  readonly path: string
}

function isLogOf(name: string, service: string): boolean {
  return name.startsWith(`${service}@`) && /\.log(?:\.\d+)?$/.test(name)
}

async function matching(patterns: readonly string[], directory: string): Promise<string[]> {
  const names: string[] = []
  for await (const name of glob([...patterns], { cwd: directory })) names.push(name)
  return names
}
