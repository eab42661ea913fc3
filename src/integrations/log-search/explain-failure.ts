import { CcpError } from '../../pipeline/errors.ts'

/** What both clients throw: both come of one, and name their errors alike. */
interface ClientFailure extends Error {
  readonly statusCode?: number | undefined
}

/** A failure of a client as the program's own error. `what` names product and server; `product` prefixes its variables. */
export function explainFailure(
  thrown: unknown,
  what: string,
  product: 'ELASTICSEARCH' | 'OPENSEARCH',
): CcpError {
  const { name, message, statusCode } = thrown as ClientFailure
  const said = message.replace(/\s+/g, ' ').slice(0, 300)
  switch (name) {
    case 'TimeoutError':
    case 'RequestAbortedError':
      return new CcpError('timeout', `${what} did not answer in time`, { cause: thrown })
    case 'ProductNotSupportedError':
      return new CcpError('bad-config', `${what} does not call itself Elasticsearch`, {
        mend: 'for OpenSearch set OPENSEARCH_URL instead',
        cause: thrown,
      })
    case 'ResponseError':
      return refused(statusCode ?? 0, `${what} answered ${statusCode ?? '?'}: ${said}`, product)
    default:
      return new CcpError('unavailable', `${what} cannot be reached: ${said}`, { cause: thrown })
  }
}

function refused(status: number, message: string, product: string): CcpError {
  if (status === 401 || status === 403)
    return new CcpError('unauthorised', message, {
      mend: `check ${product}_USER and ${product}_PASSWORD${product === 'ELASTICSEARCH' ? ', or ELASTICSEARCH_API_KEY' : ''}: they must allow to read the index`,
    })
  if (status === 404) return new CcpError('not-found', message, { mend: 'check `search.index` in logs.yaml' })
  if (status === 429) return new CcpError('rate-limited', message)
  if (status >= 500) return new CcpError('unavailable', message)
  return new CcpError('bad-config', message, { mend: 'check the fields of `search` in logs.yaml' })
}
