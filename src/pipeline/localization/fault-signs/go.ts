import type { SgNode } from '@ast-grep/napi'
import { calleeOf, functionText, nameGiven, STRENGTH, type Sign, type SignRule } from './fault-sign.ts'

const NAMES = new Set(['short_var_declaration', 'assignment_statement', 'var_spec'])
const WAITING =
  /^http\.(?:Get|Post|PostForm|Head)$|^http\.DefaultClient\.(?:Do|Get|Post|Head)$|^(?:net|tls)\.Dial$/
const PAUSING = /^time\.Sleep$|\.(?:Wait|Lock)$/
const OPENING =
  /^os\.(?:Open|OpenFile|Create|CreateTemp)$|^(?:net|tls)\.Dial\w*$|^sql\.Open$|^http\.(?:Get|Post|PostForm|Head)$|\.(?:Do|Query|QueryContext|Prepare)$/

export const GO_SIGNS: readonly SignRule[] = [
  { fault: 'slow-answers', kinds: ['call_expression'], read: waiting },
  { fault: 'slow-answers', kinds: ['composite_literal'], read: client },
  { fault: 'exhaustion', kinds: ['call_expression'], read: opening },
]

function waiting(node: SgNode): Sign | null {
  const callee = calleeOf(node)
  if (PAUSING.test(callee)) return { what: 'waits', strength: STRENGTH.possible }
  if (!WAITING.test(callee)) return null
  return /WithTimeout\(|WithDeadline\(|SetDeadline\(/.test(functionText(node))
    ? null
    : { what: 'has no time-out', strength: STRENGTH.plain }
}

function client(node: SgNode): Sign | null {
  const isClient = /^http\.Client$/.test(node.field('type')?.text() ?? '')
  return isClient && !/\bTimeout\s*:/.test(node.text())
    ? { what: 'has no time-out', strength: STRENGTH.plain }
    : null
}

function opening(node: SgNode): Sign | null {
  if (!OPENING.test(calleeOf(node))) return null
  const name = nameGiven(node, NAMES)
  const around = functionText(node)
  if (name === null) return { what: 'is not closed where it is opened', strength: STRENGTH.possible }
  const closes = String.raw`\b${name}(?:\.Body)?\.Close\(`
  if (!new RegExp(closes).test(around))
    return { what: 'is opened and never closed', strength: STRENGTH.plain }
  return new RegExp(String.raw`defer\s+(?:func\(\)\s*\{[^}]*)?${closes}`).test(around)
    ? null
    : { what: 'is closed on some paths only', strength: STRENGTH.likely }
}
