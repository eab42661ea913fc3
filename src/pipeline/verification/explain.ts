import type { CureSignal, Rollout, SignalName, SignalVerdict, Verdict } from '../contracts.ts'
import type { VerificationSettings } from './settings.ts'
import type { Findings } from './verify.ts'

const NAMES: Readonly<Record<SignalName, string>> = {
  error_ratio: 'errors',
  latency_p50: 'slow answers',
  latency_p95: 'slow answers',
  latency_p99: 'slow answers',
  slow_ratio: 'slow answers',
  growth: 'growth',
  objective: 'errors against the objective',
  objective_latency: 'slow answers against the objective',
}

const FELL: Readonly<Record<CureSignal, string>> = {
  error_ratio: 'the errors fell',
  slow_ratio: 'the slow answers fell',
  growth: 'the use of the resource no longer grows',
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
  const weighed = (signal: SignalVerdict): number =>
    signal.signal === 'slow_ratio' || signal.signal === 'growth'
      ? 0
      : settings.weights[signal.signal] * signal.logEHarm
  const loudest = findings.signals.toSorted((a, b) => weighed(b) - weighed(a))[0]
  const evidence = `evidence ${scaled(findings.logVote)} where ${Math.round(1 / settings.alpha)} decides`
  return loudest === undefined ? evidence : `Worse: ${sides(loudest)}; ${evidence}.`
}

function explainPass(findings: Findings, settings: VerificationSettings): string {
  const objectives = findings.signals.filter(isObjective)
  if (findings.alone && objectives.length > 0) {
    const proofs = objectives.map((each) => `${sides(each)}; evidence ${scaled(each.logENoHarm)}`)
    const ended = growthOf(findings).map((each) => `${sides(each)}${evidenceOf(each)}`)
    return `The objective is met: ${[...proofs, ...ended].join('. ')} where ${needed(settings)} decides.`
  }
  const cure = findings.cured === true ? 'Cured and no harm' : 'No harm'
  const shown = leading(findings).map((signal) => `${sides(signal)}${evidenceOf(signal)}`)
  return shown.length === 0 ? `${cure}.` : `${cure}: ${shown.join('. ')}.`
}

function isObjective({ signal }: SignalVerdict): boolean {
  return signal === 'objective' || signal === 'objective_latency'
}

/** What was to be cured, and the errors in any case. */
function leading({ signals, cures }: Findings): readonly SignalVerdict[] {
  const wanted: readonly SignalName[] = [...new Set<SignalName>([...cures, 'error_ratio'])]
  return wanted.flatMap((name) => signals.find(({ signal }) => signal === name) ?? [])
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
  const objectives = findings.signals.filter(isObjective)
  if (objectives.every(({ canary }) => canary.n === 0)) return 'No traffic has been measured at 100 % yet.'
  const open = objectives.filter(({ logENoHarm }) => logENoHarm < Math.log(1 / settings.beta))
  if (open.length === 0 && findings.mayGrow) {
    const growth = openCures({ ...findings, cures: ['growth'] }, settings)
    return `The objective is met, but ${[...growthOf(findings).map(sides), ...growth].join('; ')}.`
  }
  const proofs = (open.length === 0 ? objectives : open).map(
    (each) => `${sides(each)}; evidence ${scaled(each.logENoHarm)} of ${needed(settings)}`,
  )
  return `The objective is not proved yet: ${proofs.join('. ')}.`
}

function openQuestions(findings: Findings, settings: VerificationSettings): readonly string[] {
  const text = leading(findings).map(sides)
  const harmless = findings.noHarm
    ? []
    : [`that nothing got worse is not proved${withoutEvents(findings, settings)}`]
  return [...text, ...harmless, ...openCures(findings, settings)]
}

/** Without an error on either side the evidence is the number of requests without one. */
function withoutEvents({ signals }: Findings, settings: VerificationSettings): string {
  const errors = signals.find(({ signal }) => signal === 'error_ratio')
  if (errors === undefined || errors.canary.x + errors.control.x > 0) return ''
  const wanted = (settings.overDispersion * Math.log(1 / settings.beta)) / settings.errors.minDifference
  return ` (no errors on either side: ${errors.canary.n} of ${Math.ceil(wanted)} requests of the canary)`
}

function openCures({ signals, cures, cured }: Findings, settings: VerificationSettings): readonly string[] {
  if (cured !== false) return []
  return cures.flatMap((name) => {
    const found = signals.find(({ signal }) => signal === name)
    if (found === undefined) return [`that ${FELL[name]} cannot be proved: it is not measured`]
    const logE = found.logECure ?? 0
    if (logE >= Math.log(1 / settings.beta)) return []
    return [`that ${FELL[name]} is not proved (evidence ${scaled(logE)} of ${needed(settings)})`]
  })
}

function growthOf({ signals }: Findings): readonly SignalVerdict[] {
  return signals.filter(({ signal }) => signal === 'growth')
}

function sides(signal: SignalVerdict): string {
  if (signal.signal === 'growth') return growthSides(signal)
  const control = isObjective(signal)
    ? `objective ${percent(signal.control.ratio)}`
    : `control ${percent(signal.control.ratio)} (${signal.control.x} of ${signal.control.n})`
  return `${nameOf(signal)}: canary ${percent(signal.canary.ratio)} (${signal.canary.x} of ${signal.canary.n}), ${control}${intervalOf(signal)}`
}

/** "open files: canary 0.01 more for each request (3 in 240), the old version 0.98". */
function growthSides({ resource, canary, control }: SignalVerdict): string {
  const amount = (value: number | null): string =>
    value === null
      ? 'unknown'
      : resource === 'memory'
        ? `${(value / 1024).toFixed(1)} KiB`
        : (Math.abs(value) < 0.005 ? 0 : value).toFixed(Math.abs(value) < 10 ? 2 : 0)
  return `${resource ?? 'growth'}: canary ${amount(canary.ratio)} more for each request (over ${canary.n}), the old version ${amount(control.ratio)}`
}

function nameOf({ signal, edgeMs }: SignalVerdict): string {
  const name = NAMES[signal]
  return edgeMs === undefined ? name : name.replace('slow answers', `answers slower than ${edgeMs} ms`)
}

function intervalOf(signal: SignalVerdict): string {
  if (signal.interval === null) return ''
  const [low, high] = signal.interval.map((end) => `${end > 0 ? '+' : ''}${(end * 100).toFixed(1)}`)
  return `, difference ${low} to ${high} points at ${Math.round(signal.level * 100)} %`
}

function evidenceOf(signal: SignalVerdict): string {
  const cure = signal.logECure === null ? '' : `, cure ${scaled(signal.logECure)}`
  if (signal.signal === 'growth') return `; evidence: ended ${scaled(signal.logECure ?? 0)}`
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
