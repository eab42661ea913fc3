import { z } from 'zod'
import type { Span } from '../../pipeline/signals/telemetry.ts'
import { askTraceServer, notTraces, refusedBy, traceFault, type TraceServer } from './ask-trace-server.ts'
import type { FoundTrace, TraceStore } from './sampled-traces.ts'
import type { TraceQuery } from './trace-queries.ts'

const tags = z.array(z.object({ key: z.string(), value: z.unknown() })).nullish()

const traceSchema = z.object({
  traceID: z.string(),
  spans: z.array(
    z.object({
      traceID: z.string(),
      spanID: z.string(),
      operationName: z.string(),
      references: z
        .array(z.object({ refType: z.string(), traceID: z.string(), spanID: z.string() }))
        .nullish(),
      /** Epoch microseconds. */
      startTime: z.number(),
      /** Microseconds. */
      duration: z.number(),
      tags,
      processID: z.string(),
    }),
  ),
  processes: z.record(z.string(), z.object({ serviceName: z.string() })),
})

const errorsSchema = z.array(z.object({ msg: z.string() })).nullish()
const answerSchema = z.object({ data: z.array(traceSchema).nullable(), errors: errorsSchema })
const refusalSchema = z.object({ errors: errorsSchema })

type JaegerTrace = z.output<typeof traceSchema>
type JaegerSpan = JaegerTrace['spans'][number]

/**
 * Traces behind the HTTP API of Jaeger's query service, versions 1 and 2 (`GET /api/traces`), which others speak as well: VictoriaTraces,
 * Tempo through its bridge. It gives whole traces, with the newest first.
 */
export function jaegerTraces(server: TraceServer): TraceStore {
  return {
    what: `Jaeger at ${server.url}`,
    read: null,
    async find({ service, fromMs, toMs, limit }: TraceQuery, signal): Promise<readonly FoundTrace[]> {
      const parameters = { service, start: microseconds(fromMs), end: microseconds(toMs), limit: `${limit}` }
      const answer = await askTraceServer(server, 'api/traces', parameters, signal)
      if (answer.status !== 200) throw refusedBy(server, answer, reasonIn(answer.body))
      const { data, error } = answerSchema.safeParse(answer.body)
      if (error !== undefined) throw notTraces(server)
      // A store that cannot answer may say so with status 200.
      const fault = data.errors?.[0]?.msg
      if (data.data === null && fault !== undefined) throw traceFault(server, `answered: ${fault}`, {})
      return (data.data ?? []).map((trace) => ({ id: bareId(trace.traceID), spans: spansOf(trace) }))
    },
  }
}

/** An id as servers agree on it. */
export function bareId(id: string): string {
  return id.toLowerCase().replace(/^0+(?=.)/, '')
}

function spansOf({ spans, processes, traceID }: JaegerTrace): readonly Span[] {
  return spans.flatMap((span): readonly Span[] => {
    const service = processes[span.processID]?.serviceName
    if (service === undefined) return []
    return [
      {
        t: span.startTime / 1e6,
        trace: bareId(traceID),
        span: span.spanID,
        parent: parentOf(span),
        service,
        operation: span.operationName,
        durationMs: span.duration / 1000,
        error: isError(span),
      },
    ]
  })
}

/** What follows from a span is no part of its time; what belongs to another trace is none of its calls. */
function parentOf({ references, traceID }: JaegerSpan): string | null {
  const parent = references?.find(
    (reference) => reference.refType === 'CHILD_OF' && bareId(reference.traceID) === bareId(traceID),
  )
  return parent?.spanID ?? null
}

/** OpenTracing says it by the tag `error`, of whatever type; what comes from OpenTelemetry has its status as well. */
function isError({ tags }: JaegerSpan): boolean {
  return (tags ?? []).some(
    ({ key, value }) =>
      (key === 'error' && (value === true || value === 'true')) ||
      (key === 'otel.status_code' && value === 'ERROR'),
  )
}

function reasonIn(body: unknown): string | undefined {
  return refusalSchema.safeParse(body).data?.errors?.[0]?.msg
}

function microseconds(ms: number): string {
  return `${Math.round(ms * 1000)}`
}
