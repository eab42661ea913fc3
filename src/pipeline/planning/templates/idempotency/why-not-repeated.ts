import type { SgNode } from '@ast-grep/napi'
import type { Language } from '../../../signals/stack-trace.ts'
import type { CalledMethod } from './called-method.ts'
import { goCall } from './go-call.ts'
import { javaCall } from './java-call.ts'
import { javascriptCall } from './javascript-call.ts'
import { pythonCall } from './python-call.ts'

/** RFC 9110, section 9.2.2: asked twice, these do what they do once. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

const READERS: Readonly<Record<Language, (call: SgNode, language: Language) => CalledMethod>> = {
  python: pythonCall,
  javascript: javascriptCall,
  typescript: javascriptCall,
  java: javaCall,
  go: goCall,
}

/**
 * Why a call must not be made a second time, in words; null where it may. What cannot be seen counts as not idempotent:
 * to give up once is cheaper than to charge twice.
 */
export function whyNotRepeated(call: SgNode, language: Language): string | null {
  const { method, written, spent } = READERS[language](call, language)
  if (method === null) return 'not retried: it cannot be seen here whether this call may be repeated'
  if (spent !== null) return `not retried: ${spent}`
  if (IDEMPOTENT.has(method)) return null
  if (makesKeyAnew(call))
    return `not retried: each attempt of this ${method} would send another idempotency key`
  if (written.some((each) => KEY.test(each.text()))) return null
  return `not retried: ${method} is not idempotent, a second one may do twice what the first has done (with an Idempotency-Key header it could be retried)`
}

const KEY = /idempotency[-_]?key/i

/** `{"Idempotency-Key": str(uuid4())}` within the call is computed again for every attempt. */
function makesKeyAnew(call: SgNode): boolean {
  return /idempotency[-_]?key["'\]]*\s*[:,=]\s*[^,}\n]{0,200}\(/i.test(call.text())
}
