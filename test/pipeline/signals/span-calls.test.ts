import { expect, it } from 'vitest'
import { callsOfSpans } from '../../../src/pipeline/signals/span-calls.ts'
import type { Span } from '../../../src/pipeline/signals/telemetry.ts'

function span(trace: string, id: string, parent: string | null, service: string, t: number): Span {
  return { t, trace, span: id, parent, service, operation: 'GET /', durationMs: 3, error: false }
}

it('takes a span under another service for a call, at the newest time', () => {
  const calls = callsOfSpans([
    span('a', '1', null, 'gateway', 100),
    span('a', '2', '1', 'gateway', 100.1), // a step within the service
    span('a', '3', '2', 'payment', 100.25),
    span('b', '1', null, 'gateway', 90),
    span('b', '3', '1', 'payment', 90.5),
  ])
  expect(calls).toEqual([{ caller: 'gateway', callee: 'payment', source: 'traces', atMs: 100_250 }])
})

it('takes a parent for no caller when it is not there, or is of another trace', () => {
  const calls = callsOfSpans([
    span('a', '1', null, 'gateway', 100),
    span('b', '2', '1', 'payment', 100),
    span('a', '4', 'lost', 'payment', 100),
  ])
  expect(calls).toEqual([])
})
