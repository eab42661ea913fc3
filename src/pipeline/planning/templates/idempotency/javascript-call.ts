import type { SgNode } from '@ast-grep/napi'
import type { Language } from '../../../signals/stack-trace.ts'
import { asks, literalMethod, methodNamed } from './called-method.ts'
import type { CalledMethod } from './called-method.ts'
import { lastValue } from './definitions.ts'

/** `fetch(url, options)`, `axios.get(url)`, `axios.request({ method })`. */
export function javascriptCall(call: SgNode, language: Language): CalledMethod {
  const callee = call.field('function')?.text() ?? ''
  const given = (call.field('arguments')?.namedChildren() ?? []).filter((each) => each.kind() !== 'comment')
  if (/(?:^|\.)fetch$/.test(callee)) return fetched(given, call, language)
  const named = methodNamed(callee)
  if (named !== null) return asks(named, call)
  return fromOptions(given.at(-1), call, language)
}

function fetched([target, options]: readonly SgNode[], call: SgNode, language: Language): CalledMethod {
  // A prepared `Request` brings a method of its own.
  const isPrepared = target === undefined || /^(?:new\s+)?[Rr]eq/.test(target.text())
  if (options === undefined) return asks(isPrepared ? null : 'GET', call)
  return fromOptions(options, call, language)
}

function fromOptions(options: SgNode | undefined, call: SgNode, language: Language): CalledMethod {
  if (options?.kind() === 'object')
    return asks(methodIn(options), call, options, ...namesIn(options, call, language))
  if (options?.kind() !== 'identifier') return asks(null, call)
  const value = lastValue(options.text(), call, language)
  return value?.kind() === 'object' ? asks(methodIn(value), call, value) : asks(null, call)
}

/** GET where no method is named; null where it, or what is spread into the options, cannot be seen. */
function methodIn(options: SgNode): string | null {
  const parts = options.namedChildren()
  const named = parts.find((each) => (each.field('key') ?? each).text() === 'method')
  if (named !== undefined) return named.kind() === 'pair' ? literalMethod(named.field('value')) : null
  return parts.some((each) => each.kind() === 'spread_element') ? null : 'GET'
}

/** `headers` may have been put together before. */
function namesIn(options: SgNode, call: SgNode, language: Language): readonly SgNode[] {
  const headers = options.namedChildren().find((each) => (each.field('key') ?? each).text() === 'headers')
  const name = headers?.field('value')?.text() ?? headers?.text() ?? ''
  const value = /^\w+$/.test(name) ? lastValue(name, call, language) : null
  return value === null ? [] : [value]
}
