import type { SignalVerdict, Verdict } from '../../pipeline/contracts.ts'

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

/** What is cured, and what is waited for: "the errors are cured", "that the errors fell". */
export function cureWords({ signal, resource }: SignalVerdict): {
  readonly cured: string
  readonly fell: string
} {
  if (signal === 'growth') {
    const ended = `its use of ${resource ?? 'the resource'} no longer grows`
    return { cured: ended, fell: `that ${ended}` }
  }
  const what = signal === 'slow_ratio' ? 'the slow answers' : 'the errors'
  return { cured: `${what} are cured`, fell: `that ${what} fell` }
}

/** "0.98 open files more for each request", "12 KiB of memory more for each request". */
export function growthText({ resource }: SignalVerdict, ratio: number | null): string {
  if (ratio === null) return 'not known yet'
  const amount =
    resource === 'memory'
      ? `${(ratio / 1024).toFixed(1)} KiB of`
      : withoutMinusZero(ratio).toFixed(Math.abs(ratio) < 10 ? 2 : 0)
  return `${amount} ${resource ?? ''} more for each request`
}

function withoutMinusZero(ratio: number): number {
  return Math.abs(ratio) < 0.005 ? 0 : ratio
}
