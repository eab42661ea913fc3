import type { SgNode } from '@ast-grep/napi'
import type { Language } from '../../signals/stack-trace.ts'
import { enclosingFunction } from './derived.ts'

/** Given with the call, or perhaps given by what is spread into it. */
const GIVEN = /timeout\w*["']?\s*[=:]|\bsignal\s*[:,}]|\*\*\w|\.\.\.\w/i
/** Set on the connection or put around the call by the same function. */
const AROUND =
  /\.set(?:Socket|Read|Connect|Connection|Request|Query|So)?Timeout\(|\.settimeout\(|\.Set\w*Deadline\(|Promise\.race\(|asyncio\.(?:wait_for|timeout)\(/
/** Set for every socket of the program. */
const FOR_ALL = /\bsetdefaulttimeout\(/

/** Whether nothing in sight limits how long a call waits. */
export function hasNoTimeout(call: SgNode, language: Language): boolean {
  const around = enclosingFunction(call, language)?.text() ?? ''
  return !GIVEN.test(call.text()) && !AROUND.test(around) && !FOR_ALL.test(call.getRoot().root().text())
}
