import type { IncidentRecord } from '../machine.ts'
import { callPath, describePath } from './call-path.ts'
import type { DetectContext } from './detected.ts'

/** Something that goes wrong now, and would be an incident of its own if none is there that it belongs to. */
export interface Trouble {
  /** Null where it names no service of ours: it belongs nowhere. */
  readonly service: string | null
  /** When it began, and when it is told. */
  readonly beganMs: number
  readonly atMs: number
}

export interface Belonging {
  readonly record: IncidentRecord
  /** Why it belongs there, for the timeline. */
  readonly because: string
}

/**
 * The open incident that the trouble belongs to:
 *
 * C1  One with an alert of the same service, while it is worked on.
 * C2  Else one whose services all lie with this one on one call path, at most `hops` calls from each other, and whose
 *     newest alert is at most `window` away: of several the nearest. Two services that merely have a caller in common stay
 *     apart; where they have a cause in common, the diagnosis finds it and links them.
 * C3  One that was handed over takes no more once it has been quiet for a window: a new fault must not hide in it.
 */
export function belongsTo(
  trouble: Trouble,
  open: readonly IncidentRecord[],
  context: Pick<DetectContext, 'calls' | 'settings'>,
): Belonging | null {
  const { service } = trouble
  const { windowMs } = context.settings.correlation
  const worked = open.filter((record) => isWorkedOn(record, trouble.atMs, windowMs))
  const same = worked.find((record) => service !== null && servicesOf(record).includes(service))
  if (same !== undefined) return { record: same, because: 'the same service' } // C1
  const near = worked.flatMap((record) => onOnePath(trouble, record, context) ?? [])
  const [nearest] = near.toSorted((a, b) => a.distance - b.distance)
  return nearest ?? null
}

/** C3 */
export function isWorkedOn(record: IncidentRecord, atMs: number, windowMs: number): boolean {
  if (record.state !== 'HANDED_OVER') return true
  return atMs - Math.max(record.stateSinceMs, newestMs(record)) <= windowMs
}

function onOnePath(
  { service, beganMs }: Trouble,
  record: IncidentRecord,
  { calls, settings }: Pick<DetectContext, 'calls' | 'settings'>,
): (Belonging & { readonly distance: number }) | null {
  const { windowMs, hops } = settings.correlation
  const apartMs = Math.abs(beganMs - newestMs(record))
  const others = servicesOf(record)
  if (service === null || others.length === 0 || apartMs > windowMs) return null
  const paths = others.map((other) => callPath(service, other, calls, hops))
  if (paths.includes(null)) return null
  const [shortest = []] = paths
    .flatMap((path) => (path === null ? [] : [path]))
    .toSorted((a, b) => a.length - b.length)
  return { record, because: `${describePath(shortest)}; ${apart(apartMs)}`, distance: shortest.length - 1 }
}

/** The services that the incident's alerts name, each once. */
function servicesOf({ incident }: IncidentRecord): readonly string[] {
  const named = [incident.service, ...incident.signals.map(({ service }) => service)]
  return [...new Set(named.filter((name) => name !== null))]
}

function newestMs({ incident }: IncidentRecord): number {
  return Math.max(incident.detectedAtMs, ...incident.signals.map(({ atMs }) => atMs))
}

function apart(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 90 ? `${seconds} s apart` : `${Math.round(seconds / 60)} min apart`
}
