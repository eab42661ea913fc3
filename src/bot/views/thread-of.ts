import type { Attempt } from '../../pipeline/contracts.ts'
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
import { outcomeOf, pastScene, rolloutEnded, sceneOf, type Scene, type SceneFacts } from './scene.ts'
import { recordOfTry, keyInTry } from './tries.ts'
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
  const { attempts, trouble } = record
  const past = attempts.flatMap((attempt, at) => {
    const before = attempts.slice(0, at)
    const scenes = pastScene(recordOfTry(record, attempt), facts, before)
    // What a later try took over belongs before the fix of the first try that had it.
    const cause = attempt.diagnosis === null ? causeMessages(causeScene(scene, at), before) : []
    const end = attempt.handOver === null ? [] : [keyed(endMessage(scenes.record), before)]
    return [...cause, ...causeMessages(scenes, before), ...fixMessages(scenes, before), ...end]
  })
  const ended = outcomeOf(record) === 'open' ? [] : [keyed(endMessage(record), attempts)]
  const all = [
    rootMessage(scene),
    ...past,
    ...causeMessages(scene, attempts),
    ...fixMessages(scene, attempts),
    ...(trouble === null ? [] : [troubleMessage(trouble)]),
    ...ended,
  ]
  return all.filter(({ key }, at) => all.findIndex((other) => other.key === key) === at)
}

/** The scene whose cause the try at that place of the list shared: the next that has one of its own, or the present. */
function causeScene(scene: Scene, at: number): Scene {
  const owner = scene.record.attempts.slice(at).find(({ diagnosis }) => diagnosis !== null)
  if (owner === undefined) return scene
  return { ...scene, record: recordOfTry(scene.record, owner) }
}

function causeMessages(scene: Scene, before: readonly Attempt[]): readonly DesiredMessage[] {
  const { diagnosis, location } = scene.record
  return [
    ...(diagnosis === null ? [] : [diagnosisMessage(scene, diagnosis)]),
    ...(location === null ? [] : [locationMessage(location)]),
  ].map((message) => keyed(message, before))
}

function fixMessages(scene: Scene, before: readonly Attempt[]): readonly DesiredMessage[] {
  const { record } = scene
  const { plan, patch, gates, approval, rollout, verdict } = record
  return [
    ...(plan === null ? [] : [planMessage(plan)]),
    ...(patch === null ? [] : [patchMessage(scene, patch)]),
    ...(gates === null ? [] : [gatesMessage(gates)]),
    ...(approval === null ? [] : [approvalMessage(scene, approval)]),
    ...(rollout === null ? [] : [rolloutMessage(scene, rollout)]),
    ...(verdict === null || !rolloutEnded(record) ? [] : [verdictMessage(verdict)]),
  ].map((message) => keyed(message, before))
}

function keyed(message: DesiredMessage, before: readonly Attempt[]): DesiredMessage {
  return { ...message, key: keyInTry(message.key, before) }
}
