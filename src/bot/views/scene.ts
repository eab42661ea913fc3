import type { AccessPolicy, PersonAction } from '../../pipeline/access.ts'
import { possibleActions } from '../../pipeline/commands.ts'
import type { Attempt } from '../../pipeline/contracts.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import type { ButtonValue } from '../ids.ts'
import { keyInTry } from './tries.ts'

/** All that the views of a thread are made from. */
export interface Scene {
  readonly record: IncidentRecord
  /** What the state admits at this moment, whoever asks. */
  readonly possible: ReadonlySet<PersonAction>
  readonly members: AccessPolicy['members']
  /** Whether another try has followed this one. */
  readonly isPast: boolean
  /** The web address of a message of this try; null while it is not posted. */
  link(key: string): string | null
  thread(incidentId: string): string | null
}

export interface SceneFacts {
  readonly members: AccessPolicy['members']
  link(key: string): string | null
  /** The web address of another incident's thread; null while it is not posted. */
  thread(incidentId: string): string | null
}

export function sceneOf(record: IncidentRecord, { members, link, thread }: SceneFacts): Scene {
  return {
    record,
    possible: new Set(possibleActions(record)),
    members,
    isPast: false,
    link: (key) => link(keyInTry(key, record.attempts)),
    thread,
  }
}

/** A try that is over: to be read, with nothing left to press. */
export function pastScene(record: IncidentRecord, facts: SceneFacts, before: readonly Attempt[]): Scene {
  return {
    record,
    possible: new Set(),
    members: facts.members,
    isPast: true,
    link: (key) => facts.link(keyInTry(key, before)),
    thread: (incidentId) => facts.thread(incidentId),
  }
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
