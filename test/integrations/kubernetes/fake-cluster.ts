import type { IncomingMessage, ServerResponse } from 'node:http'
import { serve } from '../prometheus/page-server.ts'

type Objects = Readonly<Record<string, readonly object[]>>

export interface FakeCluster {
  readonly url: string
  readonly requests: readonly { readonly method: string; readonly path: string; readonly token: string }[]
  close(): Promise<void>
}

/**
 * The list calls of Kubernetes' API server over HTTP, with its paging (`limit`, `continue`), its bearer token and its Status
 * objects for refusals. `objects` by path, such as /api/v1/namespaces/shop/services.
 */
export async function fakeCluster(
  objects: Objects,
  options: { readonly token: string; readonly pageSize?: number; readonly forbidden?: readonly string[] },
): Promise<FakeCluster> {
  const requests: FakeCluster['requests'][number][] = []
  const server = await serve((request, response) => {
    const url = new URL(request.url ?? '/', 'http://cluster')
    const token = (request.headers.authorization ?? '').replace('Bearer ', '')
    requests.push({ method: request.method ?? '', path: url.pathname, token })
    if (token !== options.token) return refuse(response, 401, 'Unauthorized')
    if (options.forbidden?.some((part) => url.pathname.endsWith(part)) === true)
      return refuse(response, 403, 'Forbidden')
    const items = objects[url.pathname]
    if (items === undefined && !/^\/(api\/v1|apis\/apps\/v1)\/namespaces\/[^/]+\/\w+$/.test(url.pathname))
      return refuse(response, 404, 'NotFound')
    answer(request, response, page(items ?? [], url.searchParams, options.pageSize ?? 500))
  })
  return { ...server, requests }
}

function page(items: readonly object[], query: URLSearchParams, pageSize: number): object {
  const from = Number(query.get('continue') ?? 0)
  const to = from + Math.min(Number(query.get('limit') ?? pageSize), pageSize)
  const more = to < items.length ? { continue: String(to), remainingItemCount: items.length - to } : {}
  return { kind: 'List', metadata: { resourceVersion: '1', ...more }, items: items.slice(from, to) }
}

function answer(_: IncomingMessage, response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function refuse(response: ServerResponse, code: number, reason: string): void {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message: reason }
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
