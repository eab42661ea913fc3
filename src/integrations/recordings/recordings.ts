import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { CcpError, toCcpError } from '../../pipeline/errors.ts'
import type { CaseRecorder, SeenCase } from '../../pipeline/rca/ports.ts'
import { recordingText, type DeployedReleases } from './recording-text.ts'

/**
 * What diagnoses saw, one gzipped file each, for `ccp replay`.
 *
 * Q1  The diagnosis never waits: one recording is written at a time, in small portions between which others run.
 * Q2  A recording that is there is whole: it is written aside and renamed into place.
 * Q3  What cannot be written is reported and left out; nothing is thrown.
 * Q4  At most `most` files of `mostBytes` in all: the oldest go first, and one that is too large by itself is not kept.
 */
export interface RecordingsOptions {
  readonly directory: string
  readonly most: number
  readonly mostBytes: number
  deployed(): Promise<DeployedReleases>
  report(error: CcpError): void
  nowMs(): number
}

const SUFFIX = '.json.gz'
const UNFINISHED = '.tmp'
const MOST_NAME = 150

/** Where the recording of an incident is kept; the latest diagnosis replaces the one before. */
export function recordingFile(directory: string, incidentId: string): string {
  const plain = encodeURIComponent(incidentId)
  const name =
    plain.length <= MOST_NAME ? plain : createHash('sha256').update(incidentId).digest('hex').slice(0, 32)
  return join(directory, `${name}${SUFFIX}`)
}

export class Recordings implements CaseRecorder {
  readonly #options: RecordingsOptions
  #last: Promise<void> = Promise.resolve()

  constructor(options: RecordingsOptions) {
    this.#options = options
  }

  record(seen: SeenCase): void {
    const { incidentId } = seen.incident
    this.#last = this.#last
      .then(() => this.#write(seen))
      .catch((thrown: unknown) => this.#options.report(notRecorded(incidentId, thrown))) // Q3
  }

  /** When all that was recorded so far is written, or was given up. */
  settled(): Promise<void> {
    return this.#last
  }

  async #write(seen: SeenCase): Promise<void> {
    const { directory, mostBytes } = this.#options
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await this.#removeUnfinished()
    const file = recordingFile(directory, seen.incident.incidentId)
    const unfinished = `${file}${UNFINISHED}`
    const facts = { recordedAtMs: this.#options.nowMs(), deployed: await this.#options.deployed() }
    try {
      await pipeline(
        Readable.from(recordingText(seen, facts)),
        createGzip(),
        atMost(mostBytes),
        createWriteStream(unfinished, { mode: 0o600 }),
      )
      await rename(unfinished, file) // Q2
    } finally {
      await rm(unfinished, { force: true })
    }
    await this.#giveUpOldest(file)
  }

  /** What a process that died left behind. */
  async #removeUnfinished(): Promise<void> {
    const { directory } = this.#options
    const names = (await readdir(directory)).filter((name) => name.endsWith(UNFINISHED))
    for (const name of names) await rm(join(directory, name), { force: true })
  }

  async #giveUpOldest(newest: string): Promise<void> {
    const { directory, most, mostBytes } = this.#options
    const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX))
    const found = await Promise.all(
      names.map(async (name) => {
        const path = join(directory, name)
        const { size, mtimeMs } = await stat(path)
        return { path, size, mtimeMs: path === newest ? Number.POSITIVE_INFINITY : mtimeMs }
      }),
    )
    let bytes = 0
    for (const [at, { path, size }] of found.toSorted((a, b) => b.mtimeMs - a.mtimeMs).entries()) {
      bytes += size
      if (at >= most || bytes > mostBytes) await rm(path, { force: true }) // Q4
    }
  }
}

function atMost(mostBytes: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      const tooLarge = new CcpError('bad-input', `it takes more than ${mostBytes} bytes`, {
        mend: 'raise recordings.mostMegabytes in rca.yaml, or lower the limits under gather',
      })
      if (bytes > mostBytes) done(tooLarge)
      else done(null, chunk)
    },
  })
}

function notRecorded(incidentId: string, thrown: unknown): CcpError {
  const error = toCcpError(thrown)
  const text = `what the diagnosis of ${incidentId} saw could not be kept, so it cannot be replayed: ${error.message}`
  const mend = error.mend ?? 'make room in CCP_DATA_DIR, or let the bot write to it'
  return new CcpError('unavailable', text, { mend, cause: thrown })
}
