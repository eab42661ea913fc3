import { z } from 'zod'
import type { AlertNews } from '../../pipeline/detection/ports.ts'

const MAX_SUMMARY = 300

const texts = z.record(z.string(), z.string())
const instant = z
  .string()
  .transform((text) => Date.parse(text))
  .refine((ms) => Number.isFinite(ms) && ms > 0, 'is not a time')

const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: texts,
  annotations: texts.default({}),
  startsAt: instant,
  generatorURL: z.string().default(''),
  fingerprint: z.string().regex(/^[0-9a-z]{1,64}$/i, 'is not a fingerprint'),
})

const deliverySchema = z.object({
  version: z.literal('4', 'is not "4", the one version of the payload that is read here'),
  groupKey: z.string(),
  truncatedAlerts: z.number().default(0),
  externalURL: z.string().default(''),
  alerts: z.array(alertSchema),
})

export interface AlertDelivery {
  readonly alerts: readonly AlertNews[]
  /** Alerts of the group that Alertmanager left out. */
  readonly leftOut: number
}

export type ParsedDelivery =
  | { readonly kind: 'delivery'; readonly delivery: AlertDelivery }
  | { readonly kind: 'mistake'; readonly what: string }

/** A webhook payload of version 4, one group of alerts, as news of each; or what is wrong with it. */
export function parseDelivery(payload: unknown, atMs: number): ParsedDelivery {
  const parsed = deliverySchema.safeParse(payload)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return { kind: 'mistake', what: `${issue?.path.join('.') ?? 'the body'}: ${issue?.message ?? 'unknown'}` }
  }
  const { groupKey, truncatedAlerts: leftOut, externalURL, alerts } = parsed.data
  const news = alerts.map(
    ({ status, labels, annotations, startsAt, generatorURL, fingerprint }): AlertNews => ({
      kind: status,
      fingerprint,
      labels,
      summary: summaryOf(labels, annotations),
      startsAtMs: startsAt,
      groupKey,
      url: generatorURL || externalURL || null,
      atMs,
    }),
  )
  return { kind: 'delivery', delivery: { alerts: news, leftOut } }
}

/** What its author wrote for people, behind its name, which alone may say what it is about. */
function summaryOf(
  { alertname = 'alert without a name', ...labels }: Readonly<Record<string, string>>,
  { summary, description, message }: Readonly<Record<string, string>>,
): string {
  const written = summary ?? message ?? description
  const others = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  const said = written ?? (others.length === 0 ? 'no summary' : others.join(' '))
  return `${alertname}: ${said}`.replace(/\s+/g, ' ').slice(0, MAX_SUMMARY)
}
