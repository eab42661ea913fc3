import type { SgNode } from '@ast-grep/napi'
import { asks, isAddress, literalMethod, methodNamed } from './called-method.ts'
import type { CalledMethod } from './called-method.ts'
import { lastValue, statementsOn } from './definitions.ts'

/** `requests.get(...)`, `session.request("PUT", ...)`, `urlopen(Request(...))`. */
export function pythonCall(call: SgNode): CalledMethod {
  const asked = askedBy(call)
  const headers = asked.written.flatMap((each) => headersOf(each, call))
  return { ...asked, written: [...asked.written, ...headers] }
}

function askedBy(call: SgNode): CalledMethod {
  const callee = call.field('function')?.text() ?? ''
  if (/(?:^|\.)urlopen$/.test(callee)) return opened(call)
  if (/(?:^|\.)request$/.test(callee))
    return asks(literalMethod(keyword(call, 'method') ?? positional(call)[0]), call)
  return asks(methodNamed(callee), call)
}

/** `urlopen` asks by GET, unless data goes along or a `Request` says otherwise. */
function opened(call: SgNode): CalledMethod {
  if (sends(call)) return asks('POST', call)
  const [target] = positional(call)
  return target === undefined ? asks(null, call) : requested(target, call)
}

function requested(target: SgNode, call: SgNode): CalledMethod {
  switch (target.kind()) {
    case 'string':
    case 'concatenated_string':
    case 'binary_operator':
      return asks('GET', call)
    case 'call':
      return fromCall(target, call)
    case 'identifier':
      return fromName(target.text(), call)
    default:
      return asks(isAddress(target.text()) ? 'GET' : null, call)
  }
}

function fromCall(made: SgNode, call: SgNode): CalledMethod {
  const callee = made.field('function')?.text() ?? ''
  if (!/(?:^|\.)Request$/.test(callee))
    return asks(isAddress(callee) || /\.(?:format|join)$/.test(callee) ? 'GET' : null, call, made)
  const named = keyword(made, 'method')
  if (named !== null) return asks(literalMethod(named), call, made)
  return asks(sends(made) ? 'POST' : 'GET', call, made)
}

function fromName(name: string, call: SgNode): CalledMethod {
  const value = lastValue(name, call, 'python')
  if (value === null) return asks(isAddress(name) ? 'GET' : null, call)
  if (value.kind() === 'identifier') return asks(null, call)
  const { method, written } = requested(value, call)
  const changes = statementsOn(name, call, 'python')
  // What is set on the request later may change what it asks for.
  const isChanged = changes.some((each) => /\.(?:data|method)\s*=/.test(each.text()))
  return asks(isChanged ? null : method, ...written, ...changes)
}

/** Headers that were put together under a name before, and what was added to them. */
function headersOf(made: SgNode, call: SgNode): readonly SgNode[] {
  const headers = made.kind() === 'call' ? keyword(made, 'headers') : null
  if (headers?.kind() !== 'identifier') return []
  const value = lastValue(headers.text(), call, 'python')
  return [...(value === null ? [] : [value]), ...statementsOn(headers.text(), call, 'python')]
}

function sends(call: SgNode): boolean {
  const data = keyword(call, 'data') ?? positional(call)[1]
  return data !== undefined && data.text() !== 'None'
}

function positional(call: SgNode): readonly SgNode[] {
  const given = call.field('arguments')?.namedChildren() ?? []
  return given.filter((each) => !['keyword_argument', 'comment'].includes(String(each.kind())))
}

function keyword(call: SgNode, name: string): SgNode | null {
  const given = call.field('arguments')?.namedChildren() ?? []
  const found = given.find(
    (each) => each.kind() === 'keyword_argument' && each.field('name')?.text() === name,
  )
  return found?.field('value') ?? null
}
