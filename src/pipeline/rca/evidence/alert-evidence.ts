import type { FiringAlert } from '../../signals/telemetry.ts'
import type { Observation, ServiceObservations } from '../observation.ts'
import { describeAge } from './change-evidence.ts'

/**
 * Which services' alerts fire, and in what order: a fault is mostly seen first where it is (`alertFirst` runs from 1 for the first
 * down to 0 for the last). Empty unless alerts of two services tell them apart: the one that paged is mostly what suffers.
 */
export function alertObservations(alerts: readonly FiringAlert[], detectedAt: number): ServiceObservations {
  const began = new Map<string, FiringAlert>()
  for (const alert of alerts) {
    const known = began.get(alert.service)
    if (known === undefined || alert.at < known.at) began.set(alert.service, alert)
  }
  if (began.size < 2) return new Map()
  const moments = [...new Set([...began.values()].map(({ at }) => at))].sort((a, b) => a - b)
  return new Map(
    [...began].map(([service, alert]) => {
      const place = moments.indexOf(alert.at)
      const first = moments.length < 2 ? 0 : 1 - place / (moments.length - 1)
      return [service, observationsOf(alert, first, detectedAt)]
    }),
  )
}

function observationsOf(
  { at, summary }: FiringAlert,
  first: number,
  detectedAt: number,
): readonly Observation[] {
  return [
    {
      feature: 'alertFires',
      value: 1,
      kind: 'alert',
      text: () => `an alert of its own fires: ${summary}`,
    },
    {
      feature: 'alertFirst',
      value: first,
      kind: 'alert',
      text: () =>
        `its alert ${first === 1 ? 'fired first of all' : 'did not fire first'}, ${describeAge(Math.max(0, detectedAt - at))} before the incident was looked at`,
    },
  ]
}
