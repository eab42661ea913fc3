import type { Role } from './contracts.ts'
import type { ApprovalPolicy } from './approval.ts'

/** What a person can do to an incident from Slack. */
export type PersonAction =
  'approve' | 'reject' | 'pause' | 'resume' | 'rollBack' | 'escalate' | 'retry' | 'nextFix' | 'renewApproval'

export interface Person {
  readonly teamId: string
  readonly userId: string
}

export interface Member extends Person {
  readonly role: Role
  readonly email: string | null
}

export interface AccessPolicy {
  readonly members: readonly Member[]
  /** Which roles may do what; approving is bounded by the quorum as well. */
  readonly permissions: Readonly<Record<PersonAction, readonly Role[]>>
  readonly approvals: ApprovalPolicy
}

/** All roles of a person; empty for an outsider. */
export function rolesOf(policy: AccessPolicy, person: Person): readonly Role[] {
  return policy.members
    .filter((member) => member.teamId === person.teamId && member.userId === person.userId)
    .map((member) => member.role)
}
