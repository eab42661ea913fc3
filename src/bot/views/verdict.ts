import type { Verdict } from '../../pipeline/contracts.ts'
import { context, section } from './blocks.ts'
import { desiredMessage, type DesiredMessage } from './desired-message.ts'
import { signalsLegend, signalsText } from './signals-text.ts'
import { duration, line, plural } from './text.ts'

const DECISION: Readonly<Record<Verdict['decision'], string>> = {
  pass: '✅ Verdict: pass',
  fail: '❌ Verdict: fail',
  inconclusive: '❔ Verdict: inconclusive',
}

/** The statistical verdict on the rollout, every signal with its numbers. */
export function verdictMessage(verdict: Verdict): DesiredMessage {
  return desiredMessage({
    key: 'verdict',
    summary: `${DECISION[verdict.decision]}. ${line(verdict.reason)}`,
    blocks: [
      section(`*${DECISION[verdict.decision]}*\n${line(verdict.reason, 1_500)}`),
      ...(verdict.signals.length === 0 ? [] : [section(signalsText(verdict.signals))]),
      ...context(
        signalsLegend(verdict.signals),
        `${plural(verdict.requestsSeen, 'request')} seen, computed in ${duration(verdict.computeMs)}`,
        verdict.trafficSplitOk ? '' : '⚠️ The router did not split the traffic as told',
      ),
    ],
  })
}
