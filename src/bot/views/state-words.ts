import type { Rollout } from '../../pipeline/contracts.ts'
import type { CommandKind, IncidentRecord, IncidentState } from '../../pipeline/machine.ts'

/** How a state looks and reads in the thread. */
export interface StateWords {
  readonly emoji: string
  readonly words: string
}

const STATES: Readonly<Record<IncidentState, StateWords>> = {
  DETECTED: { emoji: '🔴', words: 'Paged' },
  DIAGNOSING: { emoji: '🔎', words: 'Looking for the cause' },
  LOCALIZING: { emoji: '🔎', words: 'Finding the line of code' },
  PLANNING: { emoji: '🛠️', words: 'Comparing fixes' },
  PATCHING: { emoji: '🛠️', words: 'Writing the fix' },
  GATING: { emoji: '🧪', words: 'Running the safety gates' },
  AWAITING_APPROVAL: { emoji: '✋', words: 'Waiting for approval' },
  APPROVAL_EXPIRED: { emoji: '⌛', words: 'Approval expired' },
  QUEUED: { emoji: '⏳', words: 'Approved, waiting for its turn' },
  DEPLOYING: { emoji: '🚀', words: 'Rolling out' },
  LINKED: { emoji: '🔗', words: 'Waiting for the fix of another incident' },
  RESOLVED: { emoji: '✅', words: 'Resolved' },
  HANDED_OVER: { emoji: '🙋', words: 'Over to you' },
  CLOSED: { emoji: '☑️', words: 'Closed' },
}

/** The state in two or three words; a pause and a rollback show above the state they happen in. */
export function stateWords(record: IncidentRecord): StateWords {
  const { state, rollout, paused } = record
  if (state === 'DEPLOYING' && rollout?.phase === 'ROLLBACK') return { emoji: '↩️', words: 'Rolling back' }
  if (paused !== null && state !== 'RESOLVED' && state !== 'CLOSED' && state !== 'HANDED_OVER') {
    return { emoji: '⏸️', words: `Paused (${STATES[state].words.toLowerCase()})` }
  }
  if (state === 'DEPLOYING' && rollout !== null) {
    return { emoji: '🚀', words: rolloutWords(rollout) }
  }
  return STATES[state]
}

function rolloutWords({ phase, weightPercent }: Rollout): string {
  if (phase === 'IDLE') return 'Starting the canary'
  return weightPercent >= 100 ? 'Verifying at 100 %' : `Canary at ${weightPercent} %`
}

/** Whether the program itself is at work in this state, as opposed to waiting or being done. */
export function isWorking({ state }: IncidentRecord): boolean {
  switch (state) {
    case 'AWAITING_APPROVAL':
    case 'APPROVAL_EXPIRED':
    case 'LINKED':
    case 'RESOLVED':
    case 'HANDED_OVER':
    case 'CLOSED':
      return false
    default:
      return true
  }
}

const COMMANDS: Readonly<Record<CommandKind, string>> = {
  diagnose: 'looking for the cause',
  localize: 'finding the line of code',
  'follow-link': 'following the other incident',
  'plan-fix': 'comparing fixes',
  'write-patch': 'writing the fix',
  'evaluate-gates': 'running the safety gates',
  'expire-approval': 'watching the approval',
  'acquire-locks': 'getting the lock',
  'prepare-canary': 'starting the canary',
  'set-weight': 'moving traffic',
  observe: 'reading the canary',
  'finish-rollout': 'finishing the rollout',
  'roll-back': 'rolling back',
  'release-locks': 'giving the lock back',
  'note-page': 'writing a note to PagerDuty',
  'resolve-page': 'resolving the page in PagerDuty',
  'escalate-page': 'escalating in PagerDuty',
  'email-approvers': 'writing to the approvers',
  'email-leads': 'writing to the leads',
}

export function commandWords(command: CommandKind): string {
  return COMMANDS[command]
}
