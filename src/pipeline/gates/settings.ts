import type { GateId, RiskTier } from '../contracts.ts'
import type { Criticality } from '../services.ts'
import type { SandboxLimits, Severity } from './ports.ts'

export type SandboxChoice =
  | { readonly kind: 'bubblewrap' }
  /** The code under test runs unconfined; the reason is shown in every gate report. */
  | { readonly kind: 'none'; readonly acceptedRisk: string }

export interface PolicyRule {
  readonly name: string
  /** CEL over {patch, service, risk, time}; true means allowed. */
  readonly allow: string
  readonly message: string
}

export interface PolicySettings {
  /** Globs over paths from the root of the repository. */
  readonly forbiddenPaths: readonly string[]
  readonly maxFiles: number
  readonly maxChangedLines: number
  readonly allowBinaryFiles: boolean
  readonly allowModeChanges: boolean
  readonly rules: readonly PolicyRule[]
}

export interface RiskSettings {
  /** A risk at or above it fails the gate. */
  readonly threshold: number
  readonly impactByCriticality: Readonly<Record<Criticality, number>>
  readonly impactPerDependent: number
  readonly complexityPerCodeLine: number
  readonly complexityPerTestLine: number
  readonly complexityPerFurtherFile: number
  readonly complexityPerFurtherLanguage: number
  readonly complexityPerBranch: number
  /** Both factors end here. */
  readonly maxImpact: number
  readonly maxComplexity: number
  /** Risks from which a change is of that tier. */
  readonly tiers: Readonly<Record<Exclude<RiskTier, 'low'>, number>>
}

export interface GateSettings {
  readonly sandbox: SandboxChoice
  /** Of one run of the tests. */
  readonly limits: SandboxLimits
  /** The only variables, beside PATH, HOME, LANG and TMPDIR, that the code under test sees. */
  readonly testEnvironment: Readonly<Record<string, string>>
  /** Deadline of every gate, after which it is blocked. */
  readonly deadlineMs: Readonly<Record<GateId, number>>
  /** Of one question to one analyser. */
  readonly analysisTimeoutMs: number
  readonly lint: { readonly maxNewFindings: number; readonly ignoredRules: readonly string[] }
  readonly staticAnalysis: { readonly failOn: readonly Severity[]; readonly ignoredRules: readonly string[] }
  readonly security: { readonly allowedHosts: readonly string[] }
  readonly risk: RiskSettings
  readonly policy: PolicySettings
}
