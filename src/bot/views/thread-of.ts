import type { IncidentRecord } from '../../pipeline/machine.ts'
import { approvalMessage } from './approval.ts'
import type { DesiredMessage } from './desired-message.ts'
import { diagnosisMessage } from './diagnosis.ts'
import { endMessage } from './end.ts'
import { gatesMessage } from './gates.ts'
import { locationMessage } from './location.ts'
import { patchMessage } from './patch.ts'
import { planMessage } from './plan.ts'
import { rolloutMessage } from './rollout.ts'
import { rootMessage } from './root.ts'
import { outcomeOf, rolloutEnded, sceneOf, type SceneFacts } from './scene.ts'
import { troubleMessage } from './trouble.ts'
import { verdictMessage } from './verdict.ts'

/** Messages that are taken away, not kept, once they are no longer wanted. */
export const TRANSIENT_KEYS: readonly string[] = ['trouble']

/**
 * The thread of an incident as it should be now, in order; the first is the message in the channel. A pure function of
 * the record: the same record gives the same messages, so that what is delivered can be compared with it at any time.
 */
export function threadOf(record: IncidentRecord, facts: SceneFacts): readonly DesiredMessage[] {
  const scene = sceneOf(record, facts)
  const { diagnosis, location, plan, patch, gates, approval, rollout, verdict, trouble } = record
  return [
    rootMessage(scene),
    ...(diagnosis === null ? [] : [diagnosisMessage(scene, diagnosis)]),
    ...(location === null ? [] : [locationMessage(location)]),
    ...(plan === null ? [] : [planMessage(plan)]),
    ...(patch === null ? [] : [patchMessage(scene, patch)]),
    ...(gates === null ? [] : [gatesMessage(gates)]),
    ...(approval === null ? [] : [approvalMessage(scene, approval)]),
    ...(rollout === null ? [] : [rolloutMessage(scene, rollout)]),
    ...(verdict === null || !rolloutEnded(record) ? [] : [verdictMessage(verdict)]),
    ...(trouble === null ? [] : [troubleMessage(trouble)]),
    ...(outcomeOf(record) === 'open' ? [] : [endMessage(record)]),
  ]
}
