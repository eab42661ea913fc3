import type { LogLine, PastCause } from '../../signals/telemetry.ts'
import { culpritTrace, isSameFile, throwingFrame } from '../culprit-trace.ts'
import type { Observation, ServiceObservations } from '../observation.ts'

export interface HistoryContext {
  readonly symptomService: string | null
  readonly logs: readonly LogLine[]
  readonly detectedAt: number
  /** Epoch seconds. */
  readonly onset: number
}

/** An incident this long ago counts half. */
const HALF_LIFE_S = 30 * 24 * 3600
/** The same symptom again; what threw then does not throw now; it does. */
const SAME_SYMPTOM = 0.5
const OTHER_EXCEPTION = 0.25
const SAME_EXCEPTION = 1

interface Likeness {
  readonly past: PastCause
  readonly value: number
  readonly sameException: boolean
}

/**
 * What it was last time (`historyCause`, 0..1): the service was found and cured as the cause of an incident with the same
 * symptom, more so where the same exception is thrown again. The likest one counts, so that a service that was often at fault is
 * not accused of everything.
 */
export function historyObservations(
  history: readonly PastCause[],
  context: HistoryContext,
): ServiceObservations {
  const likest = new Map<string, Likeness>()
  for (const past of history) {
    const likeness = likenessOf(past, context)
    if (likeness !== null && likeness.value > (likest.get(past.service)?.value ?? 0))
      likest.set(past.service, likeness)
  }
  return new Map([...likest].map(([service, likeness]) => [service, [observationOf(likeness, context)]]))
}

function likenessOf(past: PastCause, context: HistoryContext): Likeness | null {
  const ageS = context.detectedAt - past.at
  if (ageS <= 0) return null
  const sameException = throwsAgain(past, context)
  const sameSymptom = past.symptomService !== null && past.symptomService === context.symptomService
  if (!sameException && !sameSymptom) return null
  const like = sameException ? SAME_EXCEPTION : past.exception === null ? SAME_SYMPTOM : OTHER_EXCEPTION
  return { past, value: like * 2 ** (-ageS / HALF_LIFE_S), sameException }
}

function throwsAgain({ service, exception }: PastCause, { logs, onset }: HistoryContext): boolean {
  if (exception === null) return false
  const now = culpritTrace(logs, service, onset)?.stackTrace
  const file = now === undefined ? undefined : throwingFrame(now)?.file
  return now?.type === exception.type && file !== undefined && isSameFile(exception.file, file)
}

function observationOf(
  { past, value, sameException }: Likeness,
  { detectedAt }: HistoryContext,
): Observation {
  return {
    feature: 'historyCause',
    value,
    kind: 'history',
    text: () =>
      `${howLongAgo(detectedAt - past.at)} it was the cause (${past.incidentId}), and the fix cured it; ${
        sameException
          ? `it throws ${past.exception?.type ?? 'the same'} in the same file again`
          : `the symptom at ${past.symptomService ?? 'the entrance'} is the same`
      }`,
  }
}

function howLongAgo(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  if (days > 0) return days === 1 ? 'a day ago' : `${days} days ago`
  const hours = Math.floor(seconds / 3600)
  if (hours > 0) return hours === 1 ? 'an hour ago' : `${hours} hours ago`
  return `${Math.max(1, Math.round(seconds / 60))} min ago`
}
