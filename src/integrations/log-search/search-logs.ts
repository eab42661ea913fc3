import { z } from 'zod'
import { CcpError } from '../../pipeline/errors.ts'
import type { LogSource, Window } from '../../pipeline/rca/ports.ts'
import { recordsOfLines, StoreNames, type CollectedLine } from '../../pipeline/signals/collected-lines.ts'
import type { LogLine } from '../../pipeline/signals/telemetry.ts'
import { documentText, valueAt } from './document-text.ts'

export interface SearchLogsOptions {
  /** "Elasticsearch at https://search.example", for messages. */
  readonly what: string
  /** Index, alias or pattern. */
  readonly index: string
  readonly timeField: string
  /** Fields that may name the service, exact ones (`keyword`). */
  readonly serviceFields: readonly string[]
  /** Fields that say which file, pod or container a line comes from. */
  readonly streamFields: readonly string[]
  /** Fields that are read. */
  readonly fields: readonly string[]
  /** The store's names of a service, where they are others. */
  readonly names: Readonly<Record<string, readonly string[]>>
  /** Documents asked for at once; at most the index's max_result_window. */
  readonly pageLines: number
  readonly deadlineMs: number
}

/** The one call that is made of a client: `POST /{index}/_search`. Throws CcpErrors. */
export type Search = (request: SearchRequest, leftMs: number) => Promise<unknown>

export interface SearchRequest {
  readonly index: string
  readonly body: Readonly<Record<string, unknown>>
}

const answerSchema = z.object({
  timed_out: z.boolean(),
  _shards: z.object({ total: z.number(), failed: z.number() }),
  hits: z.object({
    hits: z.array(
      z.object({
        _index: z.string(),
        _id: z.string(),
        _source: z.record(z.string(), z.unknown()),
        fields: z.record(z.string(), z.array(z.unknown())),
      }),
    ),
  }),
})

interface Hit {
  readonly id: string
  readonly atMs: number
  readonly source: Readonly<Record<string, unknown>>
}

/**
 * Logs in Elasticsearch or OpenSearch, whose search API is the same as far as it is used here: the newest first, page by page.
 * A document is told as its message alone, or as JSON where it says more than that, as a file of JSON logs would hold it.
 * `deadlineMs` holds for all pages together; a partial answer throws `unavailable`, for what is missing would look like
 * silence.
 */
export class SearchLogs implements LogSource {
  readonly #options: SearchLogsOptions
  readonly #search: Search
  readonly #names: StoreNames

  constructor(options: SearchLogsOptions, search: Search) {
    this.#options = options
    this.#search = search
    this.#names = new StoreNames(options.names)
  }

  async linesBetween({
    services,
    fromMs,
    toMs,
    limit,
  }: Window & { readonly limit: number }): Promise<readonly LogLine[]> {
    if (services.length === 0 || limit < 1) return []
    const hits = await this.#newestFirst({ services, fromMs, toMs, limit })
    const lines = hits.flatMap(({ atMs, source }): readonly CollectedLine[] => {
      const service = this.#serviceOf(source, services)
      const { streamFields, fields, timeField } = this.#options
      if (service === null) return []
      const stream = JSON.stringify(streamFields.map((field) => valueAt(source, exact(field)) ?? null))
      return [{ atMs, service, stream, text: documentText(source, { fields, timeField, atMs }) }]
    })
    return recordsOfLines(lines, limit)
  }

  /** Documents of the oldest millisecond of a page come again with the next one. */
  async #newestFirst({
    services,
    fromMs,
    toMs,
    limit,
  }: Window & { readonly limit: number }): Promise<readonly Hit[]> {
    const endsMs = performance.now() + this.#options.deadlineMs
    const found = new Map<string, Hit>()
    let untilMs = toMs
    while (found.size < limit) {
      const size = Math.min(this.#options.pageLines, limit)
      const page = await this.#page({ services, fromMs, toMs: untilMs }, size, endsMs)
      const before = found.size
      for (const hit of page) found.set(hit.id, hit)
      if (page.length < size) break
      const oldestMs = Math.min(...page.map(({ atMs }) => atMs))
      untilMs = found.size === before ? Math.floor(oldestMs) - 1 : Math.ceil(oldestMs)
    }
    // Pages come newest first, and the map keeps their order; turned round, lines of one instant stay as they were written.
    return [...found.values()].slice(0, limit).reverse()
  }

  async #page(window: Window, size: number, endsMs: number): Promise<readonly Hit[]> {
    const leftMs = Math.floor(endsMs - performance.now())
    const { what, index, deadlineMs, timeField } = this.#options
    if (leftMs <= 0) throw new CcpError('timeout', `${what} did not answer in ${deadlineMs} ms`)
    const answer = await this.#search({ index, body: this.#body(window, size, leftMs) }, leftMs)
    const parsed = answerSchema.safeParse(answer)
    if (!parsed.success)
      throw new CcpError('unavailable', `${what} answered with something that is no search result`, {
        mend: 'check the URL and any proxy in between',
        cause: parsed.error,
      })
    const { timed_out: late, _shards: shards, hits } = parsed.data
    if (late || shards.failed > 0) {
      const why = late ? 'it ran out of time' : `${shards.failed} of ${shards.total} shards failed`
      throw new CcpError('unavailable', `${what} gave a partial answer: ${why}`)
    }
    return hits.hits.map(({ _index, _id, _source, fields }) => ({
      id: `${_index}\n${_id}`,
      atMs: Number(fields[timeField]?.[0]),
      source: _source,
    }))
  }

  #body({ services, fromMs, toMs }: Window, size: number, leftMs: number): SearchRequest['body'] {
    const { timeField, serviceFields, streamFields, fields } = this.#options
    const names = this.#names.of(services)
    const includes = [...new Set([...fields, ...serviceFields, ...streamFields].map(exact))]
    return {
      size,
      timeout: `${leftMs}ms`,
      track_total_hits: false,
      _source: { includes },
      docvalue_fields: [{ field: timeField, format: 'epoch_millis' }],
      sort: [{ [timeField]: { order: 'desc' } }, { 'log.offset': { order: 'desc', unmapped_type: 'long' } }],
      query: {
        bool: {
          filter: [
            {
              range: {
                [timeField]: { gte: Math.floor(fromMs), lte: Math.ceil(toMs), format: 'epoch_millis' },
              },
            },
            {
              bool: {
                should: serviceFields.map((field) => ({ terms: { [field]: names } })),
                minimum_should_match: 1,
              },
            },
          ],
        },
      },
    }
  }

  #serviceOf(source: Readonly<Record<string, unknown>>, services: readonly string[]): string | null {
    for (const field of this.#options.serviceFields) {
      const value = valueAt(source, exact(field))
      const ours = typeof value === 'string' ? this.#names.ours(value, services) : null
      if (ours !== null) return ours
    }
    return null
  }
}

/** A text field is matched by its exact twin, `service.keyword`, but stands in the document under its own name. */
function exact(field: string): string {
  return field.replace(/\.keyword$/, '')
}
