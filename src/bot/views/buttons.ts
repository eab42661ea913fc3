import type { Button } from '@slack/types'
import type { PersonAction } from '../../pipeline/access.ts'
import { button } from './blocks.ts'
import { percent } from './text.ts'
import { valueOf, type Scene } from './scene.ts'

/** The order in which buttons stand: what decides first, what looks last. */
const ORDER: readonly PersonAction[] = [
  'approve',
  'reject',
  'renewApproval',
  'rollBack',
  'pause',
  'resume',
  'nextFix',
  'retry',
  'escalate',
]

/** A button for each of these actions that is possible now; none for the others, so that no dead button shows. */
export function actionButtons(scene: Scene, only: readonly PersonAction[] = ORDER): readonly Button[] {
  return ORDER.filter((action) => only.includes(action) && scene.possible.has(action)).map((action) =>
    actionButton(action, scene),
  )
}

function actionButton(action: PersonAction, { record }: Scene): Button {
  const value = valueOf(record)
  switch (action) {
    case 'approve':
      return button('approve', 'Approve', value, { style: 'primary', confirm: approveConfirm(record) })
    case 'reject':
      return button('reject', 'Reject…', value, { style: 'danger' })
    case 'renewApproval':
      return button('renewApproval', 'Ask again', value, { style: 'primary' })
    case 'rollBack':
      return button('rollBack', 'Roll back', value, { style: 'danger', confirm: rollBackConfirm(record) })
    case 'pause':
      return button('pause', 'Pause', value)
    case 'resume':
      return button('resume', 'Resume', value, { style: 'primary' })
    case 'nextFix':
      return button('nextFix', 'Next fix', value, { style: 'primary' })
    case 'retry':
      return button('retry', 'Analyse again', value)
    case 'escalate':
      return button('escalate', 'Escalate…', value)
  }
}

function approveConfirm(record: Scene['record']) {
  const risk = record.gates?.risk
  const riskText = risk === undefined ? '' : ` Risk ${risk.risk.toFixed(2)} (${risk.tier}).`
  return {
    title: 'Approve this fix?',
    text: `${record.patch?.title ?? 'The fix'}.${riskText} It gets 10 % of ${record.patch?.service ?? 'the service'}'s traffic first and is rolled back by itself if it does harm.`,
    yes: 'Approve',
  }
}

function rollBackConfirm(record: Scene['record']) {
  const { rollout } = record
  const signal = record.verdict?.signals.find((each) => each.signal === 'error_ratio')
  const numbers =
    signal === undefined
      ? 'Nothing has been measured yet.'
      : `So far: canary ${percent(signal.canary.ratio)} errors of ${signal.canary.n}, control ${percent(signal.control.ratio)} of ${signal.control.n}.`
  return {
    title: 'Roll back now?',
    text: `All traffic goes back to ${rollout?.controlVersion ?? 'the version before'}; the canary is stopped. ${numbers}`,
    yes: 'Roll back',
  }
}

/** Buttons that show more; there as soon as there is more to show. */
export function lookButtons({ record, isPast }: Scene): readonly Button[] {
  if (isPast) return [] // they would show the try that followed
  const value = { incidentId: record.incident.incidentId }
  return [
    ...(record.diagnosis === null ? [] : [button('showEvidence', 'Show evidence', value)]),
    ...(record.patch === null ? [] : [button('showDiff', 'Show diff', value)]),
  ]
}
