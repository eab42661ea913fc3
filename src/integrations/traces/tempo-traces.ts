import { z } from 'zod'
import {
  askTraceServer,
  notTraces,
  refusedBy,
  type TraceAnswer,
  type TraceServer,
} from './ask-trace-server.ts'
import { bareId } from './jaeger-traces.ts'
import { otlpSpans, resourceSpansSchema } from './otlp-spans.ts'
import type { ReadTrace, TraceStore } from './sampled-traces.ts'

const searchSchema = z.object({ traces: z.array(z.object({ traceID: z.string().min(1) })).nullish() })

/** Of `/api/v2/traces`, and of `/api/traces`, which calls the same thing `batches`. */
const traceSchema = z.union([
  z.object({
    trace: z.object({ resourceSpans: resourceSpansSchema.default([]) }),
    status: z.union([z.string(), z.number()]).optional(),
    message: z.string().optional(),
  }),
  z.object({ batches: resourceSpansSchema }).transform(({ batches }) => ({
    trace: { resourceSpans: batches },
    status: undefined,
    message: undefined,
  })),
])

const GONE = 'they were found and are not there any more'

/**
 * Traces in Grafana Tempo, by its own API: `GET /api/search` with TraceQL for the ids, then each trace by its id; versions before
 * 2.6 have the older of the two addresses alone.
 */
export function tempoTraces(server: TraceServer): TraceStore {
  return {
    what: `Tempo at ${server.url}`,
    async find({ service, fromMs, toMs, limit }, signal) {
      const parameters = {
        q: `{resource.service.name=${JSON.stringify(service)}}`,
        start: `${Math.floor(fromMs / 1000)}`,
        end: `${Math.ceil(toMs / 1000)}`,
        limit: `${limit}`,
        spss: '1', // spans of each trace, which nobody looks at here
      }
      const answer = await askTraceServer(server, 'api/search', parameters, signal)
      if (answer.status !== 200) throw refusedBy(server, answer)
      const { data, error } = searchSchema.safeParse(answer.body)
      if (error !== undefined) throw notTraces(server)
      return (data.traces ?? []).map(({ traceID }) => ({ id: bareId(traceID), spans: null }))
    },
    async read(id, signal) {
      const whole = encodeURIComponent(id.padStart(32, '0'))
      const answer = await askTraceServer(server, `api/v2/traces/${whole}`, {}, signal)
      if (answer.status !== 404) return traceIn(answer, id, server)
      const older = await askTraceServer(server, `api/traces/${whole}`, {}, signal)
      return older.status === 404 ? { lack: GONE } : traceIn(older, id, server)
    },
  }
}

function traceIn(answer: TraceAnswer, id: string, server: TraceServer): ReadTrace {
  // Larger than Tempo gives out.
  if (answer.status === 422) return { lack: oneLine(answer.text) }
  if (answer.status !== 200) throw refusedBy(server, answer)
  const { data, error } = traceSchema.safeParse(answer.body)
  if (error !== undefined) throw notTraces(server)
  const { trace, status, message } = data
  if (status === 'PARTIAL' || status === 1)
    return { lack: message === undefined ? 'only a part of them is there' : oneLine(message) }
  const spans = otlpSpans(trace.resourceSpans, id)
  return trace.resourceSpans.length === 0 ? { lack: GONE } : { spans }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 200)
}
