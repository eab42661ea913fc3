import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Approval, GateReport, Patch, RiskTier, Role, Vote } from './contracts.ts'

/**
 * A1  An approval binds exactly one thing: any change of diff, base, target, gate results or expiry gives another hash.
 * A2  One person fills at most one place of a quorum, and only with a role that the place names.
 */

export interface ApprovalPolicy {
  /** By tier: a list of places, each naming the roles that may fill it. */
  readonly quorum: Readonly<Record<RiskTier, readonly (readonly Role[])[]>>
  readonly expiresAfterMs: Readonly<Record<RiskTier, number>>
}

/** SHA-256, hex, over the RFC 8785 form of what is approved (A1). */
export function bindingHash(patch: Patch, report: GateReport, expiresAtMs: number): string {
  const bound = {
    diff: patch.diff,
    baseCommit: patch.baseCommit,
    target: {
      service: patch.service,
      commit: patch.commit,
      replaces: patch.replaces ?? patch.baseCommit,
      ...(patch.pair === undefined ? {} : { pair: patch.pair }),
    },
    plan: { candidateId: patch.candidateId, strategy: patch.strategy },
    gates: report.results.map(({ gate, status, findings }) => ({ gate, status, findings })),
    risk: { risk: report.risk.risk, tier: report.risk.tier },
    expiresAtMs,
  }
  return createHash('sha256')
    .update(canonicalize(bound) ?? '')
    .digest('hex')
}

/** The question put to people once all gates have passed. */
export function requestApproval(
  patch: Patch,
  report: GateReport,
  policy: ApprovalPolicy,
  nowMs: number,
): Approval {
  const tier = report.risk.tier
  const expiresAtMs = nowMs + policy.expiresAfterMs[tier]
  return {
    incidentId: patch.incidentId,
    bindingHash: bindingHash(patch, report, expiresAtMs),
    tier,
    quorum: policy.quorum[tier],
    requestedAtMs: nowMs,
    expiresAtMs,
    votes: [],
    status: 'waiting',
    ended: null,
  }
}

/** The places of the quorum that nobody fills yet, with as many filled as the votes can (A2). */
export function openPlaces(approval: Approval): readonly (readonly Role[])[] {
  const votes = [...approval.votes]
  // Narrow places first, so that a lead is not spent on a place that anybody could fill.
  const places = [...approval.quorum].sort((a, b) => a.length - b.length)
  return places.filter((place) => {
    const index = votes.findIndex((vote) => place.includes(vote.role))
    if (index < 0) return true
    votes.splice(index, 1)
    return false
  })
}

/** Whether this vote, added to those cast, completes the quorum. */
export function quorumMet(approval: Approval | null, vote: Vote): boolean {
  if (approval === null) return false
  return openPlaces({ ...approval, votes: [...approval.votes, vote] }).length === 0
}
