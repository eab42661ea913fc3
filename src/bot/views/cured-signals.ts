import type { CureSignal, SignalVerdict, Verdict } from '../../pipeline/contracts.ts'

/** The signals whose cure was asked for; the errors where none was. */
export function leadingSignals({ signals }: Pick<Verdict, 'signals'>): readonly SignalVerdict[] {
  const cures = signals.filter(({ logECure }) => logECure !== null)
  return cures.length > 0 ? cures : signals.filter(({ signal }) => signal === 'error_ratio')
}

export function isObjective({ signal }: SignalVerdict): boolean {
  return signal === 'objective' || signal === 'objective_latency'
}

/** What an event of the signal is, after a share: "2 % errors", "2 % slower than 250 ms". */
export function eventWords({ signal, edgeMs }: SignalVerdict): string {
  if (signal === 'error_ratio' || signal === 'objective') return 'errors'
  return edgeMs === undefined ? 'slow' : `slower than ${edgeMs} ms`
}

const CURE: Readonly<Record<CureSignal, { readonly cured: string; readonly fell: string }>> = {
  error_ratio: { cured: 'the errors are cured', fell: 'that the errors fell' },
  slow_ratio: { cured: 'the slow answers are cured', fell: 'that the slow answers fell' },
}

/** "the errors are cured", "that the errors fell". */
export function cureWords({ signal }: SignalVerdict): { readonly cured: string; readonly fell: string } {
  return signal === 'slow_ratio' ? CURE.slow_ratio : CURE.error_ratio
}
