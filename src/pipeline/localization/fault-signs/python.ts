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

/** Calls that wait for ever unless they are told not to, and the place at which a time-out may stand without its name. */
const WAITING: readonly (readonly [callee: RegExp, position: number])[] = [
  [/^requests\.(?:get|post|put|patch|delete|head|options|request)$/, Number.POSITIVE_INFINITY],
  [/(?:^|\.)_?session\.(?:get|post|put|patch|delete|head|options|request)$/i, Number.POSITIVE_INFINITY],
  [/^(?:urllib\.request\.|request\.)?urlopen$/, 3],
  [/^(?:http\.)?(?:client\.)?HTTPS?Connection$/, 3],
  [/^(?:socket\.)?create_connection$/, 2],
  [/^subprocess\.(?:run|call|check_call|check_output)$/, Number.POSITIVE_INFINITY],
]
const PAUSING = /(?:^|\.)(?:sleep|acquire|join|communicate|wait)$/

const ASSIGNMENTS = new Set(['assignment', 'named_expression'])
const OPENING =
  /^(?:io\.|os\.|codecs\.|gzip\.|tarfile\.)?open$|^os\.(?:dup|pipe)$|^(?:tempfile\.)?(?:mkstemp|NamedTemporaryFile|TemporaryFile)$|^socket\.socket$|(?:^|\.)(?:create_connection|urlopen|HTTPS?Connection|ZipFile|Popen)$|^\w*(?:sqlite3|psycopg2?|pymysql|mysql)\w*\.connect$/
/** Plain numbers: nothing that is collected closes them. */
const DESCRIPTORS = /^os\.(?:open|dup|pipe)$|mkstemp$/

export const PYTHON_SIGNS: readonly SignRule[] = [
  { fault: 'slow-answers', kinds: ['call'], read: waiting },
  { fault: 'exhaustion', kinds: ['call'], read: opening },
]

function waiting(node: SgNode): Sign | null {
  const callee = calleeOf(node)
  const found = WAITING.find(([pattern]) => pattern.test(callee))
  if (found === undefined) return PAUSING.test(callee) ? { what: 'waits', strength: STRENGTH.possible } : null
  const given = argumentsOf(node)
  const named = given.some((argument) => /^timeout\s*=|^\*\*/.test(argument.text()))
  return named || given.length >= found[1] ? null : { what: 'has no time-out', strength: STRENGTH.plain }
}

function opening(node: SgNode): Sign | null {
  const callee = calleeOf(node)
  if (!OPENING.test(callee) || isManaged(node)) return null
  const name = nameGiven(node, ASSIGNMENTS)
  const around = functionText(node)
  if (name !== null && isClosed(name, around))
    return /\bfinally\s*:/.test(around)
      ? null
      : { what: 'is closed on some paths only', strength: STRENGTH.likely }
  if (name === null && !DESCRIPTORS.test(callee))
    return { what: 'is not closed where it is opened', strength: STRENGTH.likely }
  return { what: 'is opened and never closed', strength: STRENGTH.plain }
}

/** In a `with`, or handed to something that closes it. */
function isManaged(node: SgNode): boolean {
  return node.ancestors().some((ancestor) => {
    if (ancestor.kind() === 'with_item') return true
    return ancestor.kind() === 'call' && /(?:closing|enter_context|fdopen)$/.test(calleeOf(ancestor))
  })
}

function isClosed(name: string, around: string): boolean {
  return new RegExp(
    String.raw`\b${name}\.close\(|\bclose\(\s*${name}\b|\bwith\s+${name}\b|(?:closing|enter_context|fdopen)\(\s*${name}\b`,
  ).test(around)
}
