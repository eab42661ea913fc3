import type { StackTrace } from './stack-trace.ts'

/** A trace and the lines it was read from (indexes into `traceLines`, both inclusive). */
export interface FoundTrace {
  readonly trace: StackTrace
  readonly firstLine: number
  readonly lastLine: number
}

/** The trace with `cause` at the end of its chain of causes. */
export function withRootCause(trace: StackTrace, cause: StackTrace): StackTrace {
  return { ...trace, cause: trace.cause === null ? cause : withRootCause(trace.cause, cause) }
}

/** The exception at which the chain began: the last `cause`. */
export function rootCause(trace: StackTrace): StackTrace {
  let root = trace
  while (root.cause !== null) root = root.cause
  return root
}

/** The trace and all its causes, the outermost first. */
export function causeChain(trace: StackTrace): readonly StackTrace[] {
  const chain = [trace]
  for (let next = trace.cause; next !== null; next = next.cause) chain.push(next)
  return chain
}
