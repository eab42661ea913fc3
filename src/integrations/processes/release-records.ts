import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { CcpError } from '../../pipeline/errors.ts'

const recordSchema = z.object({
  service: z.string(),
  version: z.string(),
  commit: z.string(),
  directory: z.string(),
  /** Absent for a release without configuration of its own. */
  config: z.object({ commit: z.string(), file: z.string() }).optional(),
  port: z.int(),
  startedAtMs: z.number(),
  /** Null while it is being started. */
  process: z.object({ pid: z.int(), startTicks: z.string() }).nullable(),
})

/** What is remembered of a release: written before its process is started, removed after it has ended. */
export type ReleaseRecord = Readonly<z.infer<typeof recordSchema>>

/** One file for each release in a folder. */
export class ReleaseRecords {
  readonly #folder: string

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.#folder = folder
  }

  all(): readonly ReleaseRecord[] {
    return readdirSync(this.#folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => this.#read(join(this.#folder, file)))
  }

  get(service: string, version: string): ReleaseRecord | null {
    return this.all().find((record) => record.service === service && record.version === version) ?? null
  }

  /** Whole or not at all: a crash leaves the former content. */
  save(record: ReleaseRecord): void {
    const file = this.#fileOf(record.service, record.version)
    writeFileSync(`${file}.new`, JSON.stringify(record, null, 2))
    renameSync(`${file}.new`, file)
  }

  remove(service: string, version: string): void {
    rmSync(this.#fileOf(service, version), { force: true })
  }

  #fileOf(service: string, version: string): string {
    return join(this.#folder, `${requireName(service)}@${requireName(version)}.json`)
  }

  #read(file: string): ReleaseRecord {
    try {
      return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    } catch (cause) {
      throw new CcpError('corrupt', `${file} is not the record of a release`, {
        mend: 'stop the process it belonged to and remove the file',
        cause,
      })
    }
  }
}

/** Throws CcpError `conflict` where the version stands for another pair of code and configuration. */
export function requireSamePair(
  known: ReleaseRecord,
  asked: { readonly commit: string; readonly config?: { readonly commit: string } },
): void {
  const words = (commit: string, config: string | undefined): string =>
    config === undefined ? `commit ${commit}` : `commit ${commit} with configuration ${config}`
  const [is, wanted] = [words(known.commit, known.config?.commit), words(asked.commit, asked.config?.commit)]
  if (is === wanted) return
  throw new CcpError('conflict', `${known.service}@${known.version} is ${is}, not ${wanted}`, {
    mend: 'give the new pair a version of its own',
  })
}

/** Names become parts of file names: anything else is refused. */
export function requireName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) return name
  throw new CcpError('bad-input', `"${name}" cannot be the name of a service or version`, {
    mend: 'use letters, digits, dots, dashes and underscores, at most 100',
  })
}
