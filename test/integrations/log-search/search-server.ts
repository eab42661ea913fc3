import { httpServer, type Answered, type Asked } from '../../support/http-server.ts'

export interface Doc {
  readonly id: string
  /** Epoch milliseconds, maybe with a fraction. */
  readonly atMs: number
  readonly source: Readonly<Record<string, unknown>>
}

interface Body {
  readonly size: number
  readonly _source: { readonly includes: readonly string[] }
  readonly docvalue_fields: readonly { readonly field: string }[]
  readonly query: { readonly bool: { readonly filter: readonly Filter[] } }
}
interface Filter {
  readonly range?: Readonly<Record<string, { readonly gte: number; readonly lte: number }>>
  readonly bool?: {
    readonly should: readonly { readonly terms: Readonly<Record<string, readonly string[]>> }[]
  }
}

/** Answers `_search` as Elasticsearch and OpenSearch do, for the part of the query language that is asked. */
export function searchEngine(
  docs: readonly Doc[],
  { headers = {} as Record<string, string>, extra = {} } = {},
) {
  return ({ method, url, body }: Asked): Answered => {
    // Elasticsearch's client asks who it speaks to before anything else in some versions.
    if (url.pathname === '/')
      return { headers, body: { version: { number: '8.15.3' }, tagline: 'You Know, for Search' } }
    if (method !== 'POST' || !url.pathname.endsWith('/_search')) return { status: 404, headers, body: {} }
    const { size, query, docvalue_fields: wanted } = JSON.parse(body) as Body
    const timeField = wanted[0]?.field ?? ''
    const [range, names] = query.bool.filter
    const { gte = 0, lte = 0 } = range?.range?.[timeField] ?? {}
    const isAsked = ({ source }: Doc): boolean =>
      (names?.bool?.should ?? []).some(({ terms }) =>
        Object.entries(terms).some(([field, values]) =>
          values.includes(String(source[field.replace('.keyword', '')])),
        ),
      )
    const hits = docs
      .filter((doc) => doc.atMs >= gte && doc.atMs <= lte && isAsked(doc))
      .toSorted((a, b) => b.atMs - a.atMs)
      .slice(0, size)
      .map(({ id, atMs, source }) => ({
        _index: 'logs-1',
        _id: id,
        _score: null,
        _source: source,
        fields: { [timeField]: [String(atMs)] },
        sort: [atMs, 0],
      }))
    const answer = {
      took: 1,
      timed_out: false,
      _shards: { total: 2, successful: 2, skipped: 0, failed: 0 },
      hits: { hits },
    }
    return { headers, body: { ...answer, ...extra } }
  }
}

export { httpServer }
