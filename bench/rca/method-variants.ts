import { PAST_METHODS } from '../../src/pipeline/rca/past-scale.ts'
import type { RcaSettings } from '../../src/pipeline/rca/settings.ts'

/** The same settings with each other way to take scales from the past, by the names of their rows. */
export function methodVariants(settings: RcaSettings): ReadonlyMap<string, RcaSettings> {
  return new Map(
    PAST_METHODS.filter((method) => method !== settings.deviation.method).map((method) => [
      `shipped, by ${method}`,
      { ...settings, deviation: { ...settings.deviation, method } },
    ]),
  )
}
