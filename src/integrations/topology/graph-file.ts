import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { CcpError } from '../../pipeline/errors.ts'
import { CALL_OBSERVERS, type KnownCall } from '../../pipeline/signals/service-graph.ts'

/** The calls of a graph as they were known at a time. */
export interface FiledGraph {
  /** Epoch milliseconds. */
  readonly keptAtMs: number
  readonly calls: readonly KnownCall[]
}

const VERSION = 1

const schema = z.object({
  version: z.literal(VERSION),
  keptAtMs: z.number(),
  calls: z.array(
    z.object({
      caller: z.string(),
      callee: z.string(),
      by: z.array(
        z.object({
          source: z.enum(['services.yaml', ...CALL_OBSERVERS]),
          lastSeenMs: z.number().nullable(),
        }),
      ),
    }),
  ),
})

/** The known calls in a file of JSON. One that is there is whole: it is written aside and renamed into place. */
export class GraphFile {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** Null where there is none. Throws CcpError `corrupt` for one that is no graph, `unavailable` for one that cannot be read. */
  async read(): Promise<FiledGraph | null> {
    const text = await this.#text()
    if (text === null) return null
    const { data } = schema.safeParse(parseJson(text))
    if (data !== undefined) return { keptAtMs: data.keptAtMs, calls: data.calls }
    throw new CcpError('corrupt', `${this.path} is not a service graph of this version`, {
      mend: 'remove it: the bot writes it anew',
    })
  }

  /** Throws CcpError `unavailable` where it cannot be written. */
  async write(graph: FiledGraph): Promise<void> {
    const unfinished = `${this.path}.${process.pid}.tmp`
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 })
      await writeFile(unfinished, JSON.stringify({ version: VERSION, ...graph }), { mode: 0o600 })
      await rename(unfinished, this.path)
    } catch (cause) {
      await rm(unfinished, { force: true }).catch(() => undefined) // the fault to tell is the first one
      throw this.#fault('written', cause)
    }
  }

  async #text(): Promise<string | null> {
    try {
      return await readFile(this.path, 'utf8')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw this.#fault('read', cause)
    }
  }

  #fault(what: string, cause: unknown): CcpError {
    const said = cause instanceof Error ? cause.message : String(cause)
    return new CcpError('unavailable', `${this.path} cannot be ${what}: ${said}`, {
      mend: 'let the user that runs the bot read and write CCP_DATA_DIR',
      cause,
    })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // a file that was cut off: the schema says that it is no graph
  }
}
