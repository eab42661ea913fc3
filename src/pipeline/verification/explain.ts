import type { Rollout, SignalName, SignalVerdict, Verdict } from '../contracts.ts'
import type { VerificationSettings } from './settings.ts'
import type { Findings } from './verify.ts'

const NAMES: Readonly<Record<SignalName, string>> = {
  error_ratio: 'errors',
  latency_p50: "answers slower than the control's p50",
  latency_p95: "answers slower than the control's p95",
  latency_p99: "answers slower than the control's p99",
  objective: 'errors against the objective',
}

/** The verdict in one or two sentences, with the numbers that decided. */
export function explain(
  decision: Verdict['decision'],
  findings: Findings,
  rollout: Rollout,
  settings: VerificationSettings,
): string {
  if (decision === 'fail') return explainFail(findings, settings)
  if (decision === 'pass') return explainPass(findings, settings)
  return explainOpen(findings, rollout, settings)
}

function explainFail(findings: Findings, settings: VerificationSettings): string {
  const loudest = findings.signals.toSorted(
    (a, b) => settings.weights[b.signal] * b.logEHarm - settings.weights[a.signal] * a.logEHarm,
  )[0]
  const evidence = `evidence ${scaled(findings.logVote)} where ${Math.round(1 / settings.alpha)} decides`
  return loudest === undefined ? evidence : `Worse: ${sides(loudest)}; ${evidence}.`
}

function explainPass(findings: Findings, settings: VerificationSettings): string {
  const objective = findings.signals.find((signal) => signal.signal === 'objective')
  if (findings.alone && objective !== undefined)
    return `The objective is met: ${sides(objective)}; evidence ${scaled(objective.logENoHarm)} where ${needed(settings)} decides.`
  const errors = findings.signals[0]
  const cure = findings.cured === true ? 'Cured and no harm' : 'No harm'
  return errors === undefined ? `${cure}.` : `${cure}: ${sides(errors)}${evidenceOf(errors)}.`
}

function explainOpen(findings: Findings, rollout: Rollout, settings: VerificationSettings): string {
  if (findings.unusable !== null) return `Nothing can be concluded: ${findings.unusable}.`
  const last = rollout.blocks.at(-1)
  if (last === undefined) return 'No traffic has been measured yet.'
  if (!findings.split.ok) return explainSplit(findings, last.weightPercent)
  if (last.canary.requests === 0) return 'The canary gets no traffic, so nothing can be concluded.'
  if (findings.alone) return explainObjective(findings, settings)
  const open = openQuestions(findings, settings)
  return `Not decided yet: ${open.join('; ')}.`
}

function explainSplit(findings: Findings, weightPercent: number): string {
  const share = ((findings.split.observed ?? 0) * 100).toFixed(1)
  return `The router does not split as told: the canary got ${share} % of the requests at a weight of ${weightPercent} %.`
}

function explainObjective(findings: Findings, settings: VerificationSettings): string {
  const objective = findings.signals.find((signal) => signal.signal === 'objective')
  if (objective === undefined || objective.canary.n === 0) return 'No traffic has been measured at 100 % yet.'
  return `The objective is not proved yet: ${sides(objective)}; evidence ${scaled(objective.logENoHarm)} of ${needed(settings)}.`
}

function openQuestions(findings: Findings, settings: VerificationSettings): readonly string[] {
  const errors = findings.signals[0]
  const text = errors === undefined ? [] : [sides(errors)]
  const harmless = findings.noHarm ? [] : ['that nothing got worse is not proved']
  const cure =
    findings.cured === false
      ? [
          `that the errors fell is not proved (evidence ${scaled(errors?.logECure ?? 0)} of ${needed(settings)})`,
        ]
      : []
  return [...text, ...harmless, ...cure]
}

function sides(signal: SignalVerdict): string {
  const control =
    signal.signal === 'objective'
      ? `objective ${percent(signal.control.ratio)}`
      : `control ${percent(signal.control.ratio)} (${signal.control.x} of ${signal.control.n})`
  return `${NAMES[signal.signal]}: canary ${percent(signal.canary.ratio)} (${signal.canary.x} of ${signal.canary.n}), ${control}${intervalOf(signal)}`
}

function intervalOf(signal: SignalVerdict): string {
  if (signal.interval === null) return ''
  const [low, high] = signal.interval.map((end) => `${end > 0 ? '+' : ''}${(end * 100).toFixed(1)}`)
  return `, difference ${low} to ${high} points at ${Math.round(signal.level * 100)} %`
}

function evidenceOf(signal: SignalVerdict): string {
  const cure = signal.logECure === null ? '' : `, cure ${scaled(signal.logECure)}`
  return `; evidence: no harm ${scaled(signal.logENoHarm)}${cure}`
}

function percent(ratio: number | null): string {
  return ratio === null ? 'unknown' : `${(ratio * 100).toFixed(2)} %`
}

function needed(settings: VerificationSettings): number {
  return Math.round(1 / settings.beta)
}

/** An e-value for people: "0.3", "42", "more than 1,000,000". */
function scaled(logE: number): string {
  if (logE > Math.log(1e6)) return 'more than 1,000,000'
  const value = Math.exp(logE)
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US')
}
