import { Client } from '@elastic/elasticsearch'
import { CcpError } from '../../pipeline/errors.ts'
import { explainFailure } from './explain-failure.ts'
import type { Search } from './search-logs.ts'

export interface ElasticsearchOptions {
  readonly url: string
  readonly auth: { readonly apiKey: string } | { readonly username: string; readonly password: string } | null
}

/**
 * Elasticsearch 8 and 9 over its own client, of 8.15: clients speak with newer servers, not with older ones, and those from 8.16 on
 * bring Apache Arrow along. It refuses what does not call itself Elasticsearch.
 */
export function elasticsearch({ url, auth }: ElasticsearchOptions): Search {
  const client = new Client({ node: url, maxRetries: 0, ...(auth === null ? {} : { auth }) })
  return async ({ index, body }, leftMs) => {
    const signal = AbortSignal.timeout(leftMs) // its own time-out ends with the head of the answer
    try {
      // A pattern that matches no index at all is a mistake, not silence.
      const request = { index, allow_no_indices: false, ...body }
      return await client.search(request, { signal })
    } catch (thrown) {
      if (signal.aborted)
        throw new CcpError('timeout', `Elasticsearch at ${url} did not answer in time`, { cause: thrown })
      throw explainFailure(thrown, `Elasticsearch at ${url}`, 'ELASTICSEARCH')
    }
  }
}
