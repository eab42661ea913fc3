import type { SgNode } from '@ast-grep/napi'
import { calleeOf, functionText, nameGiven, STRENGTH, type Sign, type SignRule } from './fault-sign.ts'

const NAMES = new Set(['variable_declarator', 'assignment_expression'])
const WAITING = /^(?:java\.net\.http\.)?HttpRequest\.newBuilder$|\.(?:openStream|openConnection)$/
const PAUSING = /^Thread\.sleep$|^(?:TimeUnit\.\w+)\.sleep$|\.(?:acquire|await|join)$/
const OPENING =
  /(?:^|\.)Files\.(?:newInputStream|newOutputStream|newBufferedReader|lines|list|walk|newByteChannel)$|\.getConnection$|\.openStream$/
const MADE = /(?:InputStream|OutputStream|Reader|Writer|Scanner|Socket|RandomAccessFile|ZipFile|JarFile)$/

export const JAVA_SIGNS: readonly SignRule[] = [
  { fault: 'slow-answers', kinds: ['method_invocation'], read: waiting },
  { fault: 'slow-answers', kinds: ['object_creation_expression'], read: connecting },
  { fault: 'exhaustion', kinds: ['method_invocation', 'object_creation_expression'], read: opening },
]

function waiting(node: SgNode): Sign | null {
  const callee = calleeOf(node)
  if (PAUSING.test(callee)) return { what: 'waits', strength: STRENGTH.possible }
  if (!WAITING.test(callee)) return null
  return /\.timeout\(|setReadTimeout\(/.test(functionText(node))
    ? null
    : { what: 'has no time-out', strength: STRENGTH.plain }
}

function connecting(node: SgNode): Sign | null {
  const isSocket = /^(?:java\.net\.)?Socket$/.test(calleeOf(node))
  return isSocket && !/setSoTimeout\(/.test(functionText(node))
    ? { what: 'has no time-out', strength: STRENGTH.plain }
    : null
}

function opening(node: SgNode): Sign | null {
  const callee = calleeOf(node)
  const opens = node.kind() === 'object_creation_expression' ? MADE.test(callee) : OPENING.test(callee)
  if (!opens || node.ancestors().some((ancestor) => ancestor.kind() === 'resource')) return null
  const name = nameGiven(node, NAMES)
  const around = functionText(node)
  if (name === null) return { what: 'is not closed where it is opened', strength: STRENGTH.likely }
  if (!new RegExp(String.raw`\b${name}\.close\(`).test(around))
    return { what: 'is opened and never closed', strength: STRENGTH.plain }
  return /\bfinally\b/.test(around)
    ? null
    : { what: 'is closed on some paths only', strength: STRENGTH.likely }
}
