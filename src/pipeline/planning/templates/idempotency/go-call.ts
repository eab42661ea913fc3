import type { SgNode } from '@ast-grep/napi'
import { asks, methodNamed } from './called-method.ts'
import type { CalledMethod } from './called-method.ts'
import { lastValue, statementsOn } from './definitions.ts'

/** `http.Get(url)`, `client.Do(request)`. */
export function goCall(call: SgNode): CalledMethod {
  const callee = call.field('function')?.text() ?? ''
  if (!callee.endsWith('.Do')) return asks(callee.endsWith('.PostForm') ? 'POST' : methodNamed(callee), call)
  const [request] = call.field('arguments')?.namedChildren() ?? []
  const made = request?.kind() === 'identifier' ? lastValue(request.text(), call, 'go') : (request ?? null)
  if (request === undefined || made === null) return asks(null, call)
  return built(made, [call, made, ...statementsOn(request.text(), call, 'go')])
}

/** The value of `request, err := http.NewRequest(method, url, body)`. */
function built(made: SgNode, written: readonly SgNode[]): CalledMethod {
  const parts = /http\.NewRequest(?:WithContext)?\(([\s\S]*)\)\s*$/.exec(made.text())
  const method = /^(?:[\w.()]+,\s*)?(?:"([A-Z]*)"|http\.Method(\w+))\s*,/.exec(parts?.[1]?.trim() ?? '')
  if (method === null) return asks(null, ...written)
  const asked = asks(method[1] === '' ? 'GET' : (method[1] ?? method[2] ?? null), ...written)
  const hasBody = !/,\s*(?:nil|http\.NoBody)\s*,?\s*$/.test(parts?.[1] ?? '')
  return hasBody ? { ...asked, spent: 'its body can be read only once' } : asked
}
