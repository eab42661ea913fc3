import type { Block, Rollout, SideCounts, Verdict } from '../pipeline/contracts.ts'
import type { VerificationSettings } from '../pipeline/verification/settings.ts'
import { verify } from '../pipeline/verification/verify.ts'
import { readVerifyFile, type SideInput, type VerifyFile } from './verify-file.ts'
import type { Write } from './write.ts'

export { VERIFY_FORMAT } from './verify-format.ts'

/** `ccp verify FILE.json`: prints the verdict; 0 pass, 1 fail or inconclusive. Throws CcpError `bad-input`. */
export async function verifyCommand(
  path: string,
  settings: VerificationSettings,
  write: Write,
): Promise<number> {
  const file = await readVerifyFile(path)
  const verdict = verify(rolloutOf(file), settings, objectiveOf(file), file.kind)
  write(JSON.stringify(withoutIncident(verdict), null, 2))
  return verdict.decision === 'pass' ? 0 : 1
}

/** The verdict without what only an incident has. */
function withoutIncident(verdict: Verdict): object {
  return { ...verdict, incidentId: undefined }
}

function objectiveOf(file: VerifyFile): { errorRatio: number; latencyP95Ms: null } | null {
  return file.objective === undefined ? null : { ...file.objective, latencyP95Ms: null }
}

function rolloutOf(file: VerifyFile): Rollout {
  const edgesMs = file.latencyEdgesMs ?? edgesOfControl(file)
  const blocks = file.blocks.map((one, index): Block => ({
    fromMs: index,
    toMs: index + 1,
    weightPercent: one.weightPercent ?? shareOf(one.canary.requests, one.control.requests),
    canary: countsOf(one.canary, edgesMs),
    control: countsOf(one.control, edgesMs),
  }))
  return {
    incidentId: '',
    service: '',
    commit: '',
    controlVersion: 'control',
    canaryVersion: 'canary',
    phase: 'HEALTH_CHECK',
    weightPercent: blocks.at(-1)?.weightPercent ?? 0,
    latencyEdgesMs: edgesMs,
    blocks,
    lastReadings: [],
    startedAtMs: 0,
    phaseSinceMs: 0,
    deadlineMs: 0,
    unreadable: 0,
    health: null,
    rollbackReason: null,
  }
}

/** Without a configured weight the observed share stands for it, and the split cannot be checked. */
function shareOf(canary: number, control: number): number {
  return canary + control === 0 ? 0 : (100 * canary) / (canary + control)
}

/** p50, p95 and p99 of the control in the first block that has any; no latency signals where none has. */
function edgesOfControl(file: VerifyFile): readonly number[] {
  const first = file.blocks.find((one) => (one.control.latenciesMs?.length ?? 0) > 0)
  const sorted = first?.control.latenciesMs?.toSorted((a, b) => a - b) ?? []
  if (sorted.length === 0) return []
  return [0.5, 0.95, 0.99].map((quantile) => sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0)
}

function countsOf(side: SideInput, edgesMs: readonly number[]): SideCounts {
  const { requests, errors, latenciesMs } = side
  const slowerThan = (edge: number) =>
    latenciesMs?.reduce((n, latency) => n + (latency > edge ? 1 : 0), 0) ?? 0
  return { requests, errors, slower: side.slower ?? edgesMs.map(slowerThan) }
}
