import { Client } from '@opensearch-project/opensearch'
import { explainFailure } from './explain-failure.ts'
import type { Search } from './search-logs.ts'

export interface OpenSearchOptions {
  readonly url: string
  readonly auth: { readonly username: string; readonly password: string } | null
}

/** OpenSearch over its own client. */
export function openSearch({ url, auth }: OpenSearchOptions): Search {
  const client = new Client({ node: url, maxRetries: 0, ...(auth === null ? {} : { auth }) })
  return async ({ index, body }, leftMs) => {
    const call = client.search(
      { index, allow_no_indices: false, body },
      { requestTimeout: leftMs, maxRetries: 0 },
    )
    // Its time-out counts silence only; an answer that trickles in is cut off here.
    const timer = setTimeout(() => call.abort(), leftMs)
    try {
      return (await call).body
    } catch (thrown) {
      throw explainFailure(thrown, `OpenSearch at ${url}`, 'OPENSEARCH')
    } finally {
      clearTimeout(timer)
    }
  }
}
