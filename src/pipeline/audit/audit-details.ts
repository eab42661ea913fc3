import { createHash } from 'node:crypto'
import type { MachineEvent } from '../machine.ts'

/** What the chain keeps of an event: the decision and its numbers, large texts by their SHA-256, no personal data. */
export function auditDetails(event: MachineEvent): Readonly<Record<string, unknown>> {
  switch (event.kind) {
    case 'opened':
      return { service: event.incident.service, source: event.incident.source.kind }
    case 'signalJoined':
      return { service: event.signal.service, source: event.signal.source.kind }
    case 'diagnosed': {
      const first = event.diagnosis.hypotheses[0]
      return {
        service: first?.service ?? null,
        change: first?.change?.id ?? null,
        confidence: first?.confidence ?? null,
        abstained: event.diagnosis.abstained,
      }
    }
    case 'located': {
      const { file, line, symbol, baseCommit, suspectCommit } = event.location
      return { file, line, symbol, baseCommit, suspectCommit: suspectCommit?.commit ?? null }
    }
    case 'planned':
      return { chosen: event.plan.chosenId, candidates: event.plan.candidates.map((c) => c.candidateId) }
    case 'patched': {
      const { commit, baseCommit, branch, diff } = event.patch
      return { commit, baseCommit, branch, diffSha256: sha256(diff) }
    }
    case 'gated': {
      const gates = Object.fromEntries(event.report.results.map(({ gate, status }) => [gate, status]))
      const { risk, tier } = event.report.risk
      return {
        passed: event.report.passed,
        gates,
        risk,
        tier,
        bindingHash: event.approval?.bindingHash ?? null,
      }
    }
    case 'voted':
      return { role: event.vote.role }
    case 'canaryReady': {
      const { service, commit, canaryVersion, controlVersion } = event.rollout
      return { service, commit, canaryVersion, controlVersion }
    }
    case 'observed': {
      const { decision, harm, noHarm, cured, requestsSeen } = event.verdict
      const { unreadable, health, blocks } = event.rollout
      // Enough to judge the look again: how far the measurements reached, and what else the step depends on.
      const measuredToMs = blocks.at(-1)?.toMs ?? null
      const seen = { requestsSeen, measuredToMs, unreadable, healthy: health?.healthy ?? null }
      return { step: event.step, reason: event.reason, decision, harm, noHarm, cured, ...seen }
    }
    default: {
      const { kind: _kind, ...rest } = event
      return rest
    }
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
