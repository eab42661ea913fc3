import type { Finding, GateId, GateResult } from '../contracts.ts'

/** What a gate finds; `evaluateGates` adds the gate's name and its duration. */
export type GateAnswer = Pick<GateResult, 'status' | 'summary' | 'findings' | 'tools'>

const HEAD = 30
const TAIL = 10
const MAX_MESSAGE = 500

export function passed(summary: string, tools: readonly string[] = []): GateAnswer {
  return { status: 'passed', summary, findings: [], tools }
}

export function failed(
  summary: string,
  findings: readonly Finding[],
  tools: readonly string[] = [],
): GateAnswer {
  return { status: 'failed', summary, findings: capFindings(findings), tools }
}

/** `why` says what could not be run and how to mend it. */
export function blocked(
  why: string,
  tools: readonly string[] = [],
  findings: readonly Finding[] = [],
): GateAnswer {
  return { status: 'blocked', summary: why, findings: capFindings(findings), tools }
}

export function gateResult(gate: GateId, answer: GateAnswer, durationMs: number): GateResult {
  return { gate, ...answer, durationMs }
}

/** A long list keeps its head and its tail, and says what lies between. */
export function capFindings(findings: readonly Finding[]): readonly Finding[] {
  const plain = findings.map(({ file, line, rule, message }) => ({
    file,
    line,
    rule,
    message: shortened(message),
  }))
  if (plain.length <= HEAD + TAIL) return plain
  const left = plain.length - HEAD - TAIL
  const gap = { file: null, line: null, rule: 'left-out', message: `${left} more findings` }
  return [...plain.slice(0, HEAD), gap, ...plain.slice(-TAIL)]
}

export function shortened(text: string, limit = MAX_MESSAGE): string {
  if (text.length <= limit) return text
  const half = Math.floor((limit - 5) / 2)
  return `${text.slice(0, half)} ... ${text.slice(-half)}`
}

/** "1 file", "3 files". */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

/** "a, b and 3 more". */
export function listed(names: readonly string[], most = 4): string {
  if (names.length <= most) return names.join(', ')
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`
}
