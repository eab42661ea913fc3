import { z } from 'zod'
import type { Page, PageEvent } from '../../pipeline/detection/ports.ts'

const reference = z.object({ id: z.string(), summary: z.string().nullish() })

/** The fields we use of an incident; webhook and REST share them. */
export const incidentSchema = z
  .object({
    id: z.string().min(1),
    title: z.string().nullish(),
    status: z.enum(['triggered', 'acknowledged', 'resolved']),
    urgency: z.enum(['high', 'low']).nullish(),
    service: reference.nullish(),
    html_url: z.string().nullish(),
    created_at: z.string(),
  })
  .transform((incident): Page => ({
    pagerdutyId: incident.id,
    title: incident.title ?? `PagerDuty incident ${incident.id}`,
    status: incident.status,
    urgency: incident.urgency ?? 'high',
    pagerdutyServiceId: incident.service?.id ?? '',
    pagerdutyServiceName: incident.service?.summary ?? '',
    htmlUrl: incident.html_url ?? null,
    createdAtMs: Date.parse(incident.created_at),
  }))

const eventSchema = z.object({
  event: z.object({
    id: z.string().min(1),
    event_type: z.string(),
    occurred_at: z.string(),
    data: incidentSchema,
  }),
})

const KINDS: Readonly<Record<string, PageEvent['kind']>> = {
  'incident.triggered': 'triggered',
  'incident.resolved': 'resolved',
  'incident.reopened': 'reopened',
}

/** A webhook v3 payload as news of a page; null for events of other kinds and shapes, of which more may come. */
export function parseWebhook(payload: unknown): PageEvent | null {
  const parsed = eventSchema.safeParse(payload)
  if (!parsed.success) return null
  const { id, event_type: type, occurred_at: at, data } = parsed.data.event
  return { eventId: id, kind: KINDS[type] ?? 'other', page: data, atMs: Date.parse(at) }
}
