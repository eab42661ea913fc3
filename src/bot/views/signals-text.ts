import type { SignalName, SignalVerdict } from '../../pipeline/contracts.ts'
import { growthText, isObjective } from './cured-signals.ts'
import { clip, count, escapeText, percent, plural, points, pValue } from './text.ts'

const SIGNAL: Readonly<Record<SignalName, string>> = {
  error_ratio: 'Errors',
  latency_p50: 'Slow answers',
  latency_p95: 'Slow answers',
  latency_p99: 'Slow answers',
  slow_ratio: 'Slow answers',
  growth: 'Growth',
  objective: 'Errors against the objective, at 100 %',
  objective_latency: 'Slow answers against the objective, at 100 %',
}

/** Each signal with both sides, the difference with its interval, and what is proved about it. */
export function signalsText(signals: readonly SignalVerdict[]): string {
  return clip(withoutRepeats(signals).map(signalText).join('\n'), 2_900)
}

/** What did harm, the clearest first: "answers slower than 50 ms p < 0.001". */
export function harmText(signals: readonly SignalVerdict[]): string {
  const byEvidence = withoutRepeats(signals).toSorted((a, b) => a.pHarm - b.pHarm)
  const shown = byEvidence.filter(({ pHarm, level }, at) => at === 0 || pHarm < 1 - level)
  return shown.map((signal) => `${nameOf(signal).toLowerCase()} ${pText(signal.pHarm)}`).join(', ')
}

/** The edges of a quick control's p50, p95 and p99 are often one: the same counts are shown once, by what is to be cured. */
function withoutRepeats(signals: readonly SignalVerdict[]): readonly SignalVerdict[] {
  return signals.filter((signal) => {
    const same = signals.filter((other) => nameOf(other) === nameOf(signal))
    return signal === (same.find(({ pCure }) => pCure !== null) ?? same[0])
  })
}

function signalText(signal: SignalVerdict): string {
  if (signal.signal === 'growth') return growthSignal(signal)
  const { canary, control, level, pHarm, pCure } = signal
  const other = isObjective(signal) ? `objective ${percent(control.ratio)}` : `control ${side(control)}`
  const harm = pHarm < 1 - level ? `worse ${pText(pHarm)}` : harmlessText(signal, 'no worse ')
  const cured = pCure === null ? '' : `, cured ${pText(pCure)}`
  return [
    `*${nameOf(signal)}*: canary ${side(canary)}, ${other}`,
    `Difference ${differenceText(signal)}; ${harm}${cured}`,
  ].join('\n')
}

/** Against the version before the rollout: at its limit the control cannot grow any more. */
function growthSignal(signal: SignalVerdict): string {
  const { canary, control, pCure } = signal
  return [
    `*Growth*: canary ${growthText(signal, canary.ratio)} (over ${plural(canary.n, 'request')}), the old version ${growthText(signal, control.ratio)} until it ran out`,
    `No longer grows ${pText(pCure)}`,
  ].join('\n')
}

/** Without a single event there is nothing to compare: then the number of requests without one is what counts. */
export function harmlessText(signal: SignalVerdict, before: string): string {
  const { canary, control, pNoHarm } = signal
  const isEmpty = canary.x === 0 && control.x === 0 && canary.n > 0 && !isObjective(signal)
  return isEmpty ? `none seen in ${plural(canary.n, 'request')}` : `${before}${pText(pNoHarm)}`
}

function nameOf({ signal, edgeMs }: SignalVerdict): string {
  const name = SIGNAL[signal]
  return edgeMs === undefined ? name : name.replace('Slow answers', `Answers slower than ${edgeMs} ms`)
}

/** "4.2 % (42 of 1,000)" */
function side({ ratio, x, n }: SignalVerdict['canary']): string {
  return n === 0 ? 'without traffic yet' : `${percent(ratio)} (${count(x)} of ${count(n)})`
}

/** "−4.2 [−6.0, −2.1] points" */
export function differenceText({ difference, interval }: SignalVerdict): string {
  if (difference === null) return 'not known yet'
  const range = interval === null ? '' : ` [${points(interval[0])}, ${points(interval[1])}]`
  return `${points(difference)}${range} points`
}

/** A p-value for mrkdwn. */
export function pText(p: number | null): string {
  return escapeText(pValue(p))
}

/** How to read the numbers, in one line. */
export function signalsLegend(signals: readonly SignalVerdict[]): string {
  const level = Math.round((signals[0]?.level ?? 0.95) * 100)
  return `Brackets hold the difference with ${level} % confidence; a small p proves what stands before it. All of it stays valid however often you look.`
}
