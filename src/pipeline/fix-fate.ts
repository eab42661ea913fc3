import type { FixCandidate, GateId, Rollout, Verdict } from './contracts.ts'
import type { IncidentRecord, MachineEvent } from './machine.ts'

/**
 * What became of a proposed fix. Only what was measured on the fix itself speaks for or against its kind:
 *
 *   verified       it passed its canary and all traffic                                   for
 *   harmful        the verdict found it worse than what it replaced                        against
 *   unhealthy      its canary did not stay healthy                                         against
 *   useless        until the deadline nothing got worse and nothing better                 against
 *   failed-tests   it does not parse, or the tests say that it breaks or does not cure     against
 *   unverified     the deadline came before the evidence                                   neither
 *   taken-back     a person rolled it back                                                 neither
 *   broken-off     the rollout ended before it took traffic, or failed beside the fix      neither
 *   rejected       a person did not want it                                                neither, but shown
 *   stopped        a gate stopped it for a reason that says nothing of its effect          neither
 */
export const FATES = [
  'verified',
  'harmful',
  'unhealthy',
  'useless',
  'failed-tests',
  'unverified',
  'taken-back',
  'broken-off',
  'rejected',
  'stopped',
] as const
export type FixFate = (typeof FATES)[number]

const AGAINST: ReadonlySet<FixFate> = new Set(['harmful', 'unhealthy', 'useless', 'failed-tests'])

/** How often a kind of fix met each fate. */
export type Fates = Readonly<Partial<Record<FixFate, number>>>

export interface FixOutcomes {
  readonly worked: number
  readonly failed: number
  readonly rejected: number
}

/** What the fates of a kind of fix say about the next of its kind. */
export function outcomesOf(fates: Fates): FixOutcomes {
  const failed = FATES.filter((fate) => AGAINST.has(fate)).reduce((sum, fate) => sum + (fates[fate] ?? 0), 0)
  return { worked: fates.verified ?? 0, failed, rejected: fates.rejected ?? 0 }
}

/** The fate that an event brings to the fix of the record before it; null where it brings none. */
export function fateOf(
  before: IncidentRecord,
  event: MachineEvent,
): { readonly candidate: FixCandidate; readonly fate: FixFate } | null {
  const candidate = before.plan?.candidates.find(({ candidateId }) => candidateId === before.plan?.chosenId)
  const fate = fateBrought(before, event)
  return candidate === undefined || fate === null ? null : { candidate, fate }
}

function fateBrought(before: IncidentRecord, event: MachineEvent): FixFate | null {
  switch (event.kind) {
    case 'gated':
      return event.report.passed ? null : atTheGates(event.report.results)
    case 'rejected':
      return 'rejected'
    case 'rolloutFinished':
      return 'verified'
    case 'rolledBack':
      return before.rollout === null ? 'broken-off' : whenRolledBack(before.rollout, before.verdict)
    default:
      return null
  }
}

/** The gates that say what the fix does; the others say whether it may be deployed here. */
const TELLING: ReadonlySet<GateId> = new Set(['syntax', 'unit-tests'])

/** A gate that could not be run says nothing; nor does a risk, which is made of the very confidence that this moves. */
function atTheGates(results: readonly { readonly gate: GateId; readonly status: string }[]): FixFate {
  const failed = results.some(({ gate, status }) => TELLING.has(gate) && status === 'failed')
  return failed ? 'failed-tests' : 'stopped'
}

/** What was measured counts, whoever pressed the button first. */
export function whenRolledBack(rollout: Rollout, verdict: Verdict | null): FixFate {
  if (verdict?.decision === 'fail') return 'harmful'
  if (rollout.health?.healthy === false) return 'unhealthy'
  if (rollout.rolledBackBy === 'person') return 'taken-back'
  if (rollout.rolledBackBy === 'fault') return 'broken-off'
  const useless = verdict?.noHarm === true && verdict.cured === false && rollout.weightPercent < 100
  return useless ? 'useless' : 'unverified'
}
