import type { SgNode } from '@ast-grep/napi'
import {
  argumentsOf,
  calleeOf,
  functionText,
  nameGiven,
  STRENGTH,
  type Sign,
  type SignRule,
} from './fault-sign.ts'

const CALLS = ['call_expression', 'new_expression']
const FETCHING = /^(?:globalThis\.|undici\.)?(?:fetch|request)$|^(?:axios|got|superagent)(?:\.\w+)?$/
const NODE_REQUEST = /^(?:https?\.)(?:request|get)$|^(?:request|get)$/
const PAUSING = /^(?:Atomics\.wait|(?:child_process\.)?(?:execSync|spawnSync|execFileSync))$/
const LIMIT = /\bsignal\b|\btimeout\b|setTimeout\(/i

const NAMES = new Set(['variable_declarator', 'assignment_expression'])
const OPENING =
  /^(?:fs\.|fsp\.|fs\.promises\.)?(?:openSync|opendirSync|createReadStream|createWriteStream)$|^(?:fs\.promises|fsp)\.open$|^(?:net\.|tls\.)(?:connect|createConnection)$/
const MADE = /^(?:https?\.|net\.|undici\.|pg\.)?(?:Agent|Pool|Client|Socket|WebSocket|DatabaseSync)$/

export const JAVASCRIPT_SIGNS: readonly SignRule[] = [
  { fault: 'slow-answers', kinds: CALLS, read: waiting },
  { fault: 'exhaustion', kinds: CALLS, read: opening },
]

function waiting(node: SgNode): Sign | null {
  const callee = calleeOf(node)
  if (PAUSING.test(callee)) return { what: 'blocks the whole process', strength: STRENGTH.likely }
  const isFetch = FETCHING.test(callee)
  if (!isFetch && !NODE_REQUEST.test(callee)) return null
  const given = argumentsOf(node)
  // Where the options are made elsewhere, or the time-out is set on the request, the function around it says so.
  if (LIMIT.test(node.text()) || LIMIT.test(functionText(node))) return null
  const options = given.slice(1).some((argument) => /identifier|call|spread/.test(String(argument.kind())))
  return { what: 'has no time-out', strength: options ? STRENGTH.likely : STRENGTH.plain }
}

function opening(node: SgNode): Sign | null {
  const callee = calleeOf(node)
  const isMade = node.kind() === 'new_expression' && MADE.test(callee)
  if (!isMade && !OPENING.test(callee)) return null
  // Once for the whole process is no leak.
  if (isMade && !node.ancestors().some((ancestor) => /function|method/.test(String(ancestor.kind()))))
    return null
  const name = nameGiven(node, NAMES)
  const around = functionText(node)
  if (name !== null && new RegExp(closing(name)).test(around))
    return /\bfinally\b/.test(around)
      ? null
      : { what: 'is closed on some paths only', strength: STRENGTH.likely }
  if (/\.pipe\(|pipeline\(/.test(around)) return { what: 'may stay open', strength: STRENGTH.possible }
  return { what: 'is opened and never closed', strength: STRENGTH.plain }
}

function closing(name: string): string {
  const id = name.replaceAll('$', String.raw`\$`)
  return String.raw`(?:close|closeSync)\(\s*${id}\b|${id}\??\.(?:close|closeSync|end|destroy|release|terminate)\(|using\s+${id}\b`
}
