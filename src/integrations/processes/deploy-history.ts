import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'

const entrySchema = z.object({
  service: z.string(),
  version: z.string(),
  commit: z.string(),
  previousVersion: z.string().nullable(),
  previousCommit: z.string().nullable(),
  /** Of the configuration, for releases that have one in a repository of its own. */
  configCommit: z.string().optional(),
  previousConfigCommit: z.string().optional(),
  /** Share of the traffic that `version` got; the previous one has the rest. */
  percent: z.number(),
  atMs: z.number(),
})

/** One change of weight. */
export type DeployEntry = Readonly<z.infer<typeof entrySchema>>

/** Every change of weight in the order in which it happened: one line of JSON each, never rewritten. */
export class DeployHistory {
  readonly #file: string

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true })
    this.#file = file
  }

  /** Does nothing where the service's last entry says the same already. */
  record(entry: DeployEntry): void {
    const last = this.entries().findLast((one) => one.service === entry.service)
    if (last?.version === entry.version && last.percent === entry.percent) return
    appendFileSync(this.#file, `${this.#endsTorn() ? '\n' : ''}${JSON.stringify(entry)}\n`)
  }

  /** Oldest first. A last line that a crash has torn is left out. */
  entries(): readonly DeployEntry[] {
    return this.#text()
      .split('\n')
      .flatMap((line) => entryOf(line) ?? [])
  }

  #text(): string {
    return existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : ''
  }

  #endsTorn(): boolean {
    const text = this.#text()
    return text !== '' && !text.endsWith('\n')
  }
}

function entryOf(line: string): DeployEntry | null {
  try {
    return entrySchema.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null // torn by a crash: the change is recorded again when the command is made again
  }
}
