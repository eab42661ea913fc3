import { z } from 'zod'
import type { Span } from '../../pipeline/signals/telemetry.ts'

/** Protobuf's JSON leaves out what has its default, and writes 64-bit numbers as text. */
const nanoseconds = z.union([z.string().regex(/^\d+$/), z.number()]).default('0')

const spanSchema = z.object({
  spanId: z.string(),
  parentSpanId: z.string().default(''),
  name: z.string().default(''),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  status: z.object({ code: z.union([z.string(), z.number()]).optional() }).nullish(),
})

const attribute = z.object({
  key: z.string(),
  value: z.object({ stringValue: z.string().optional() }).nullish(),
})

export const resourceSpansSchema = z.array(
  z.object({
    resource: z.object({ attributes: z.array(attribute).default([]) }).nullish(),
    scopeSpans: z.array(z.object({ spans: z.array(spanSchema).default([]) })).default([]),
  }),
)

export type ResourceSpans = z.output<typeof resourceSpansSchema>
type OtlpSpan = z.output<typeof spanSchema>

/** The spans of one trace of OTLP in JSON, with the names that `service.name` gives; those of a resource without are left out. */
export function otlpSpans(resources: ResourceSpans, trace: string): readonly Span[] {
  return resources.flatMap(({ resource, scopeSpans }): readonly Span[] => {
    const named = resource?.attributes.find(({ key }) => key === 'service.name')
    const service = named?.value?.stringValue ?? ''
    if (service === '') return []
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOf(span, service, trace)))
  })
}

function spanOf(span: OtlpSpan, service: string, trace: string): Span {
  const startNs = BigInt(span.startTimeUnixNano)
  const lastsNs = BigInt(span.endTimeUnixNano) - startNs
  const parent = hexId(span.parentSpanId)
  return {
    t: Number(startNs / 1000n) / 1e6,
    trace,
    span: hexId(span.spanId),
    parent: /^0*$/.test(parent) ? null : parent,
    service,
    operation: span.name,
    durationMs: Math.max(0, Number(lastsNs) / 1e6), // one that is not ended yet has no end
    error: span.status?.code === 'STATUS_CODE_ERROR' || span.status?.code === 2,
  }
}

/** OTLP writes ids in hexadecimal; Tempo in base64, as protobuf's own JSON does. Their lengths tell them apart. */
function hexId(id: string): string {
  return id.length === 12 && id.endsWith('=') ? Buffer.from(id, 'base64').toString('hex') : id.toLowerCase()
}
