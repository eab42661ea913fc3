import type { PersonAction } from '../pipeline/access.ts'

/** What a button of the thread asks for: a person's action, or a look at something. */
export type ButtonAction = PersonAction | 'showDiff' | 'showEvidence'

/** The `action_id` of a button is the name of its action. */
export const BUTTON_ACTIONS = [
  'approve',
  'reject',
  'renewApproval',
  'rollBack',
  'pause',
  'resume',
  'retry',
  'nextFix',
  'escalate',
  'showEvidence',
  'showDiff',
] as const satisfies readonly ButtonAction[]

/** Buttons that only open a link; Slack reports their clicks, and nothing is to be done. */
export const LINK_ACTION = 'openLink'

/** The `callback_id` of the modals that are submitted. */
export const REJECT_MODAL = 'rejectFix'
export const ESCALATE_MODAL = 'escalateIncident'

/** Block and action ids of the one input that both modals have. */
export const REASON_BLOCK = 'reason'
export const REASON_INPUT = 'text'

/** By this a message is recognised as ours when it is looked up in Slack. */
export const METADATA_EVENT = 'ccp_message'

/** What a button carries: which incident, and for approvals the exact thing approved. */
export interface ButtonValue {
  readonly incidentId: string
  readonly bindingHash?: string
}

/** The button's `value`; at most 2,000 characters, of which ids and a hash take about 150. */
export function buttonValue(value: ButtonValue): string {
  return JSON.stringify(value)
}
