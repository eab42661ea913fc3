import type { Rollout, SignalVerdict, Verdict } from '../../pipeline/contracts.ts'
import { actions, context, section } from './blocks.ts'
import { actionButtons } from './buttons.ts'
import { canaryChart } from './canary-chart.ts'
import { cureWords, eventWords, growthText, isObjective, leadingSignals } from './cured-signals.ts'
import { desiredMessage, type DesiredMessage } from './desired-message.ts'
import { evidenceReadyMs } from './evidence-pace.ts'
import { phaseTrack, weightBar } from './phase-track.ts'
import { rolloutEnded, type Scene } from './scene.ts'
import { differenceText, harmlessText, harmText, pText } from './signals-text.ts'
import {
  code,
  count,
  duration,
  escapeText,
  line,
  list,
  percent,
  plural,
  sentence,
  when,
  who,
} from './text.ts'

/** How the canary is doing: where it stands, its numbers beside the buttons, the graph, and what it waits for. */
export function rolloutMessage(scene: Scene, rollout: Rollout): DesiredMessage {
  const { record } = scene
  const title = heading(scene, rollout)
  const chart = rollout.blocks.length === 0 ? null : canaryChart(rollout, record.verdict)
  const blocks = [
    section(`*${title}*\n${weightBar(trafficOf(scene, rollout))} of the traffic of ${code(rollout.service)}`),
    ...context(phaseTrack(rollout)),
    section(numbers(scene, rollout)),
  ]
  return desiredMessage({
    key: 'rollout',
    summary: title,
    image:
      chart === null
        ? null
        : { ...chart, milestone: milestone(scene, rollout), afterBlock: blocks.length - 1 },
    blocks: [
      ...blocks,
      section(waitingFor(scene, rollout)),
      ...actions(actionButtons(scene, ['rollBack', 'pause', 'resume'])),
      ...context(...facts(rollout, record.verdict)),
    ],
  })
}

/** After a rollback the canary has no traffic, whatever weight it had come to. */
function trafficOf({ record }: Scene, { phase, weightPercent }: Rollout): number {
  return phase === 'ROLLBACK' && record.state !== 'DEPLOYING' ? 0 : weightPercent
}

function heading({ record }: Scene, rollout: Rollout): string {
  const { phase } = rollout
  if (phase === 'ROLLBACK') return record.state === 'DEPLOYING' ? '↩️ Rolling back' : '↩️ Rolled back'
  if (phase === 'SUCCESS') return '✅ The fix has all the traffic and is verified'
  if (rolloutEnded(record)) return '☑️ Rollout ended'
  if (record.paused !== null) return `⏸️ Paused at ${rollout.weightPercent} %`
  if (phase === 'IDLE') return '🚀 Starting the canary'
  if (rollout.weightPercent >= 100) return '🚀 The fix has all the traffic and is being verified'
  return `🚀 Canary at ${rollout.weightPercent} % of the traffic`
}

/** Phase, weight and end: the moments at which an old picture would mislead. */
function milestone({ record }: Scene, rollout: Rollout): string {
  return `${rollout.phase} ${rollout.weightPercent} ${rolloutEnded(record)} ${record.verdict?.decision ?? ''}`
}

function numbers({ record: { verdict } }: Scene, rollout: Rollout): string {
  const lead = verdict === null ? [] : leadingSignals(verdict)
  if (verdict === null || lead.length === 0)
    return 'No numbers yet: the first come with the first look at the canary.'
  return [...lead.flatMap((signal) => bothSides(signal, rollout)), ...proofs(verdict, lead)].join('\n')
}

function bothSides(signal: SignalVerdict, rollout: Rollout): readonly string[] {
  if (signal.signal === 'growth') return growthSides(signal, rollout)
  const words = eventWords(signal)
  const side = ({ ratio, x, n }: SignalVerdict['canary']): string =>
    `*${percent(ratio)}* ${words} (${count(x)} of ${plural(n, 'request')})`
  return [
    `*Canary* ${code(rollout.canaryVersion)}: ${side(signal.canary)}`,
    `*Control* ${code(rollout.controlVersion)}: ${side(signal.control)}`,
    `*Difference* ${differenceText(signal)}, ${Math.round(signal.level * 100)} % confidence`,
  ]
}

/** The control has run out already and shows nothing: what counts is how the old version grew until then. */
function growthSides(signal: SignalVerdict, { canaryVersion, controlVersion }: Rollout): readonly string[] {
  const { canary, control } = signal
  return [
    `*Growth* of ${code(canaryVersion)}: *${growthText(signal, canary.ratio)}* (over ${plural(canary.n, 'request')}); of ${code(controlVersion)} until it ran out: ${growthText(signal, control.ratio)}`,
  ]
}

/** What has to be proved, and whether it is. */
function proofs(verdict: Verdict, lead: readonly SignalVerdict[]): readonly string[] {
  const { harm, noHarm, signals } = verdict
  const errors = signals.find((signal) => signal.signal === 'error_ratio')
  if (errors === undefined) return []
  const harmLine = harm
    ? `❌ It does harm: worse than the control (${harmText(signals)})`
    : proof(noHarm, 'no worse than the control', harmlessText(errors, 'errors '))
  return [harmLine, ...lead.flatMap((signal) => cureLine(signal, verdict)), ...objectiveLines(verdict)]
}

function cureLine(signal: SignalVerdict, verdict: Verdict): readonly string[] {
  const { pCure } = signal
  return pCure === null ? [] : [proof(isCured(signal, verdict), cureWords(signal).cured, pText(pCure))]
}

/** The verdict answers for all signals together; where it has not yet, each of several may be proved by itself. */
function isCured({ pCure, level }: SignalVerdict, verdict: Verdict): boolean {
  const alone = leadingSignals(verdict).length === 1
  return verdict.cured === true || (!alone && pCure !== null && pCure <= 1 - level)
}

function proof(proved: boolean, what: string, numbers: string): string {
  return proved ? `✅ Proved: ${what} (${numbers})` : `⏳ Not proved yet: ${what} (${numbers})`
}

function objectiveLines({ signals, objectiveMet }: Verdict): readonly string[] {
  const objectives = signals.filter(isObjective)
  return objectives.flatMap((alone) => {
    const { canary, control, pNoHarm, level } = alone
    if (canary.n === 0) return []
    const seen = `${percent(canary.ratio)}, ${count(canary.x)} of ${count(canary.n)}, ${pText(pNoHarm)}`
    const met = objectiveMet === true || (objectives.length > 1 && pNoHarm <= 1 - level)
    return [proof(met, `under ${percent(control.ratio)} ${eventWords(alone)} at 100 %`, seen)]
  })
}

function waitingFor(scene: Scene, rollout: Rollout): string {
  const { record } = scene
  const reason = rollout.rollbackReason === null ? '' : `: ${line(rollout.rollbackReason, 900)}`
  if (rollout.phase === 'ROLLBACK') {
    return record.state === 'DEPLOYING' ? `*Why it goes back*${reason}` : `*Why it went back*${reason}`
  }
  if (rolloutEnded(record)) return endedText(record.verdict)
  const paused =
    record.paused === null
      ? ''
      : `Paused by ${who(record.paused.by)}: ${sentence(line(record.paused.reason))} It watches and may roll back, but does not go forward.\n`
  return `${paused}*Waits for* ${obstacle(scene, rollout)} At the latest ${when(rollout.deadlineMs)} it goes back as unverified.`
}

/** The verdict's own message follows with the reason and every signal. */
function endedText(verdict: Verdict | null): string {
  return verdict === null
    ? '*No verdict*: it ended before one was reached.'
    : `*Verdict: ${verdict.decision}.* Its reason and every signal are in the next message.`
}

function obstacle({ record }: Scene, rollout: Rollout): string {
  const { verdict } = record
  if (rollout.unreadable > 0) {
    return `readings: none in the last ${plural(rollout.unreadable, 'look')}, so the weight is frozen.`
  }
  if (rollout.phase === 'IDLE') return 'the new version to start and answer its health check.'
  if (verdict === null || rollout.blocks.length === 0) return 'the first measurements.'
  if (verdict.decision === 'pass')
    return record.paused === null
      ? 'its soak time and enough requests, then it goes on by itself.'
      : 'somebody to press Resume.'
  const proofs = openProofs(verdict)
  if (!verdict.trafficSplitOk || proofs.length === 0) return sentence(line(verdict.reason, 900))
  const readyMs = evidenceReadyMs(rollout, verdict)
  const eta = readyMs === null ? '' : ` About ${when(readyMs)} at the pace so far.`
  return `proof ${list(proofs)}.${eta}`
}

function openProofs(verdict: Verdict): readonly string[] {
  const { noHarm, cured, objectiveMet, signals } = verdict
  const alone = signals.some((signal) => isObjective(signal) && signal.canary.n > 0)
  if (alone) return objectiveMet === true ? [] : ['that the objective is met']
  const open = cured === false ? leadingSignals(verdict).filter((signal) => !isCured(signal, verdict)) : []
  return [...(noHarm ? [] : ['that nothing got worse']), ...open.map((signal) => cureWords(signal).fell)]
}

function facts(rollout: Rollout, verdict: Verdict | null): readonly string[] {
  const last = rollout.blocks.at(-1)
  const health = rollout.health
  return [
    `Started ${when(rollout.startedAtMs)}`,
    last === undefined
      ? ''
      : `measured for ${duration(last.toMs - (rollout.blocks[0]?.fromMs ?? last.fromMs))} in ${plural(rollout.blocks.length, 'block')}`,
    verdict === null
      ? ''
      : escapeText(
          `Proved: p < ${(1 - (verdict.signals[0]?.level ?? 0.95)).toFixed(2)}, valid however often you look`,
        ),
    health === null ? '' : `${health.healthy ? '💚' : '💔'} ${line(health.detail, 200)}`,
  ]
}
