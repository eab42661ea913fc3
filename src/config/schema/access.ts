import { z } from 'zod'
import type { AccessPolicy, PersonAction } from '../../pipeline/access.ts'
import { duration } from './duration.ts'

const role = z.enum(['on-call', 'lead'], 'must be on-call or lead')
const roles = z.array(role).min(1, 'names no role: nobody could do it')
const place = roles

const member = z.strictObject({
  team: z.string().regex(/^[TE][A-Z0-9]+$/, 'is not a Slack team id: it begins with T'),
  user: z.string().regex(/^[UW][A-Z0-9]+$/, 'is not a Slack user id: it begins with U'),
  role,
  email: z.email('is not an e-mail address').nullable().default(null),
})

const tier = z.strictObject({
  quorum: z.array(place).min(1, 'needs at least one place: an approval by nobody is none'),
  expiresAfter: duration(),
})

/** access.yaml: who may do what, and how many must agree. Its output is the policy that the pipeline knows. */
export const accessSchema = z
  .strictObject({
    members: z.array(member),
    permissions: z.strictObject({
      approve: roles,
      reject: roles,
      pause: roles,
      resume: roles,
      rollBack: roles,
      escalate: roles,
      retry: roles,
      nextFix: roles,
      renewApproval: roles,
    } satisfies Record<PersonAction, typeof roles>),
    approvals: z.strictObject({ low: tier, medium: tier, high: tier }),
  })
  .transform(({ members, permissions, approvals }): AccessPolicy => {
    const { low, medium, high } = approvals
    return {
      members: members.map(({ team, user, ...rest }) => ({ teamId: team, userId: user, ...rest })),
      permissions,
      approvals: {
        quorum: { low: low.quorum, medium: medium.quorum, high: high.quorum },
        expiresAfterMs: { low: low.expiresAfter, medium: medium.expiresAfter, high: high.expiresAfter },
      },
    }
  })
