import type { SignalVerdict } from '../contracts.ts'
import type { Count } from './proportion.ts'
import type { VerificationSettings } from './settings.ts'

/** E^(1/phi): failures that come in clusters count for less. */
export function tempered(logE: number, settings: VerificationSettings): number {
  return logE / settings.overDispersion
}

/** Anytime-valid: holds at every look. */
export function pValue(logE: number): number {
  return Math.min(1, Math.exp(-logE))
}

export function withRatio({ n, x }: Count): SignalVerdict['canary'] {
  return { n, x, ratio: n === 0 ? null : x / n }
}
