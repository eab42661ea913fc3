import type { SgNode } from '@ast-grep/napi'
import { asks } from './called-method.ts'
import type { CalledMethod } from './called-method.ts'
import { lastValue } from './definitions.ts'

/** `client.send(request, handler)`: the builder of the request says how it asks. */
export function javaCall(call: SgNode): CalledMethod {
  const [request] = call.field('arguments')?.namedChildren() ?? []
  if (request === undefined) return asks(null, call)
  const built = request.kind() === 'identifier' ? lastValue(request.text(), call, 'java') : request
  if (built === null || !built.text().includes('HttpRequest.newBuilder')) return asks(null, call)
  return asks(builtMethod(built.text()), call, built)
}

function builtMethod(builder: string): string | null {
  const named = /\.method\(\s*([^,]{1,40}),/.exec(builder)?.[1]
  if (named !== undefined) return /^"([A-Z]+)"$/.exec(named.trim())?.[1] ?? null
  return /\.(GET|HEAD|PUT|DELETE|POST)\(/.exec(builder)?.[1] ?? 'GET'
}
