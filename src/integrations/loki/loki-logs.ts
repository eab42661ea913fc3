import { z } from 'zod'
import { CcpError } from '../../pipeline/errors.ts'
import type { LogSource, Window } from '../../pipeline/rca/ports.ts'
import { recordsOfLines, StoreNames, type CollectedLine } from '../../pipeline/signals/collected-lines.ts'
import type { LogLine } from '../../pipeline/signals/telemetry.ts'

export interface LokiOptions {
  /** Base URL, such as http://loki:3100. */
  readonly url: string
  /** The label that names the service. */
  readonly serviceLabel: string
  /** More matchers of LogQL, such as `namespace="shop"`; empty for none. */
  readonly matchers: string
  /** Loki's names of a service, where they are others. */
  readonly names: Readonly<Record<string, readonly string[]>>
  /** Lines asked for at once: at most Loki's max_entries_limit_per_query. */
  readonly pageLines: number
  readonly deadlineMs: number
  /** X-Scope-OrgID of a Loki with several tenants. */
  readonly tenant: string | null
  /** Value of the header Authorization. */
  readonly authorization: string | null
}

const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('streams'),
    result: z.array(
      z.object({
        stream: z.record(z.string(), z.string()),
        // A third part, structured metadata, may follow.
        values: z.array(z.tuple([z.string().regex(/^\d+$/), z.string()]).rest(z.unknown())),
      }),
    ),
  }),
})

interface Entry {
  readonly ns: bigint
  readonly labels: Readonly<Record<string, string>>
  readonly stream: string
  readonly text: string
}

/**
 * Logs in Grafana Loki, by its HTTP API (`query_range`, the newest first). `deadlineMs` holds for all pages together.
 * Throws CcpError `unavailable`, `timeout`, `rate-limited`, `unauthorised`, or `bad-config` for a query that Loki refuses.
 */
export class LokiLogs implements LogSource {
  readonly #options: LokiOptions
  readonly #names: StoreNames

  constructor(options: LokiOptions) {
    this.#options = options
    this.#names = new StoreNames(options.names)
  }

  async linesBetween({
    services,
    fromMs,
    toMs,
    limit,
  }: Window & { readonly limit: number }): Promise<readonly LogLine[]> {
    if (services.length === 0 || limit < 1) return []
    const query = selectorOf(this.#options, this.#names.of(services))
    const signal = AbortSignal.timeout(this.#options.deadlineMs)
    const entries = await this.#newestFirst(query, { fromMs, toMs, limit, signal })
    const lines = entries.flatMap(({ ns, labels, stream, text }): readonly CollectedLine[] => {
      const service = this.#names.ours(labels[this.#options.serviceLabel] ?? '', services)
      return service === null ? [] : [{ atMs: Number(ns / 1000n) / 1000, service, stream, text }]
    })
    return recordsOfLines(lines, limit)
  }

  /** Page by page, back in time; entries of the last nanosecond of a page come again with the next one. */
  async #newestFirst(
    query: string,
    { fromMs, toMs, limit, signal }: { fromMs: number; toMs: number; limit: number; signal: AbortSignal },
  ): Promise<readonly Entry[]> {
    const found = new Map<string, Entry>()
    let end = nanoseconds(toMs) + 1n // the end of a range is outside of it
    while (found.size < limit) {
      const size = Math.min(this.#options.pageLines, limit)
      const page = await this.#page({ query, start: nanoseconds(fromMs), end, limit: size, signal })
      const before = found.size
      for (const entry of page) found.set(`${entry.ns}\n${entry.stream}\n${entry.text}`, entry)
      if (page.length < size) break
      const oldest = page.reduce((least, { ns }) => (ns < least ? ns : least), end)
      end = found.size === before ? oldest : oldest + 1n
    }
    return [...found.values()].sort((a, b) => (a.ns < b.ns ? 1 : a.ns > b.ns ? -1 : 0)).slice(0, limit)
  }

  async #page({ query, start, end, limit, signal }: PageQuery): Promise<readonly Entry[]> {
    const url = new URL('loki/api/v1/query_range', withSlash(this.#options.url))
    const direction = 'backward'
    url.search = String(
      new URLSearchParams({ query, start: `${start}`, end: `${end}`, limit: `${limit}`, direction }),
    )
    const { status, text } = await this.#get(url, signal)
    if (status !== 200) throw this.#refused(status, text)
    const answer = answerSchema.safeParse(parseJson(text))
    if (!answer.success)
      throw this.#error('unavailable', 'answered with something that is no query result', {
        mend: 'check that LOKI_URL is that of a Loki server',
      })
    return answer.data.data.result.flatMap(({ stream: labels, values }) => {
      const stream = JSON.stringify(labels)
      return values.map(([ns, line]) => ({ ns: BigInt(ns), labels, stream, text: line }))
    })
  }

  async #get(url: URL, signal: AbortSignal): Promise<{ readonly status: number; readonly text: string }> {
    const { tenant, authorization, deadlineMs } = this.#options
    const headers = {
      accept: 'application/json',
      ...(tenant === null ? {} : { 'x-scope-orgid': tenant }),
      ...(authorization === null ? {} : { authorization }),
    }
    try {
      const response = await fetch(url, { headers, signal })
      return { status: response.status, text: await response.text() }
    } catch (cause) {
      if (signal.aborted) throw this.#error('timeout', `did not answer in ${deadlineMs} ms`, { cause })
      throw this.#error('unavailable', 'cannot be reached', { cause })
    }
  }

  #refused(status: number, text: string): CcpError {
    const said = text.replace(/\s+/g, ' ').trim().slice(0, 300)
    if (status === 401 || status === 403)
      return this.#error('unauthorised', `answered ${status}: ${said}`, {
        mend: 'check LOKI_USER and LOKI_PASSWORD, or LOKI_BEARER_TOKEN, and LOKI_TENANT',
      })
    if (status === 429) return this.#error('rate-limited', `answered 429: ${said}`)
    if (status >= 500) return this.#error('unavailable', `answered ${status}: ${said}`)
    return this.#error('bad-config', `refused the query (${status}): ${said}`, {
      mend: 'check `loki` in logs.yaml: the label, the matchers, and pageLines',
    })
  }

  #error(
    code: CcpError['code'],
    what: string,
    more: { readonly mend?: string; readonly cause?: unknown } = {},
  ): CcpError {
    return new CcpError(code, `Loki at ${this.#options.url} ${what}`, more)
  }
}

interface PageQuery {
  readonly query: string
  readonly start: bigint
  readonly end: bigint
  readonly limit: number
  readonly signal: AbortSignal
}

function selectorOf({ serviceLabel, matchers }: LokiOptions, names: readonly string[]): string {
  const pattern = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  const own = `${serviceLabel}=~${JSON.stringify(pattern)}`
  return `{${[own, ...(matchers === '' ? [] : [matchers])].join(', ')}}`
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // a proxy's page of HTML: the schema says that it is no answer
  }
}
