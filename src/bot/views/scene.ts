import type { AccessPolicy, PersonAction } from '../../pipeline/access.ts'
import { possibleActions } from '../../pipeline/commands.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import type { ButtonValue } from '../ids.ts'

/** All that the views of a thread are made from. */
export interface Scene {
  readonly record: IncidentRecord
  /** What the state admits at this moment, whoever asks. */
  readonly possible: ReadonlySet<PersonAction>
  readonly members: AccessPolicy['members']
  /** The web address of a message of this thread; null while it is not posted. */
  link(key: string): string | null
}

export interface SceneFacts {
  readonly members: AccessPolicy['members']
  link(key: string): string | null
}

export function sceneOf(record: IncidentRecord, facts: SceneFacts): Scene {
  return { record, possible: new Set(possibleActions(record)), members: facts.members, link: facts.link }
}

/** What every button of the incident carries; approve and reject bind the hash as well. */
export function valueOf(record: IncidentRecord): ButtonValue {
  const { incidentId } = record.incident
  return record.approval === null ? { incidentId } : { incidentId, bindingHash: record.approval.bindingHash }
}

/** The key of the message that asks for this approval: a new approval is a new message, so that people are told. */
export function approvalKey(record: IncidentRecord): string {
  return `approval-${record.approval?.bindingHash.slice(0, 12) ?? ''}`
}

export type Outcome = 'open' | 'resolved' | 'handed over' | 'closed'

export function outcomeOf(record: IncidentRecord): Outcome {
  if (record.state === 'RESOLVED') return 'resolved'
  if (record.state === 'HANDED_OVER') return 'handed over'
  return record.state === 'CLOSED' ? 'closed' : 'open'
}

/** Whether the rollout has come to its end, one way or the other. */
export function rolloutEnded(record: IncidentRecord): boolean {
  const phase = record.rollout?.phase
  return (
    phase === 'SUCCESS' ||
    (phase === 'ROLLBACK' && record.state !== 'DEPLOYING') ||
    outcomeOf(record) !== 'open'
  )
}

/** What a link reads like, or the words alone where there is nothing to link to. */
export function linked(url: string | null, words: string): string {
  return url === null ? words : `<${url}|${words}>`
}
