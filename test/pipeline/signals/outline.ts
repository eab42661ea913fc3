import { parseStackTraces } from '../../../src/pipeline/signals/stack-traces.ts'
import type { StackTrace } from '../../../src/pipeline/signals/stack-trace.ts'

/** All traces of a text as lines: exception, then frames ("*" marks the application's), causes indented. */
export function outline(text: string): readonly string[] {
  return parseStackTraces(text).flatMap((trace) => outlineOf(trace, ''))
}

function outlineOf(trace: StackTrace, indent: string): readonly string[] {
  return [
    `${indent}${trace.language} ${trace.type}: ${trace.message}`,
    ...trace.frames.map(
      (frame) => `${indent}${frame.application ? '*' : '-'} ${frame.symbol} ${frame.file}:${frame.line}`,
    ),
    ...(trace.cause === null ? [] : outlineOf(trace.cause, `${indent} `)),
  ]
}
