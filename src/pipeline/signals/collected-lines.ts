import { groupByRecord } from './log-lines.ts'
import type { LogLine } from './telemetry.ts'

/** One line as a collector keeps it: with its own time, and the file, pod or container that it was written in. */
export interface CollectedLine {
  readonly atMs: number
  readonly service: string
  readonly stream: string
  readonly text: string
}

/**
 * The lines of a log store as records, oldest first: where a collector kept every line of a stack trace apart, they are put
 * together again within the stream that they come from. Of more than `limit` the newest.
 */
export function recordsOfLines(lines: readonly CollectedLine[], limit: number): readonly LogLine[] {
  const streams = Map.groupBy(
    lines.toSorted((a, b) => a.atMs - b.atMs),
    ({ stream, service }) => `${service}\n${stream}`,
  )
  const records = [...streams.values()].flatMap((stream) =>
    groupByRecord(stream, ({ text }) => text).flatMap((group): readonly LogLine[] => {
      const [first] = group
      if (first === undefined) return []
      const line = group.map(({ text }) => text).join('\n')
      return [{ t: first.atMs / 1000, service: first.service, line: line.trimEnd() }]
    }),
  )
  const ordered = records.toSorted((a, b) => a.t - b.t)
  return ordered.length > limit ? ordered.slice(ordered.length - limit) : ordered
}

/** Of which service a line is, where the store calls services by other names: asked for by all of these, told by ours. */
export class StoreNames {
  readonly #names: Readonly<Record<string, readonly string[]>>

  constructor(names: Readonly<Record<string, readonly string[]>>) {
    this.#names = names
  }

  /** What the store calls the services. */
  of(services: readonly string[]): readonly string[] {
    return [...new Set(services.flatMap((service) => this.#names[service] ?? [service]))]
  }

  /** Our name of what the store calls so; null where it is none of the services. */
  ours(name: string, services: readonly string[]): string | null {
    return services.find((service) => (this.#names[service] ?? [service]).includes(name)) ?? null
  }
}
