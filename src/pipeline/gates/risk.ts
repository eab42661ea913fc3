import type { RiskAssessment, RiskTier } from '../contracts.ts'
import { branchesOf } from './branches.ts'
import { isTestFile, type ChangedFile } from './changed-files.ts'
import type { GateContext } from './context.ts'
import { count, failed, passed, type GateAnswer } from './gate-result.ts'
import type { RiskSettings } from './settings.ts'

/** Gate 6: impact x (1 - confidence) x complexity stays below the threshold. */
export function checkRisk(risk: RiskAssessment): GateAnswer {
  const sum = `impact ${shown(risk.impact)} x doubt ${shown(1 - risk.confidence)} x complexity ${shown(risk.complexity)} = ${shown(risk.risk)}`
  if (risk.risk < risk.threshold) return passed(`${sum}, below ${risk.threshold}: ${risk.tier} risk`)
  const findings = risk.reasons.map((message) => ({ file: null, line: null, rule: 'risk', message }))
  return failed(`${sum}, not below ${risk.threshold}`, findings)
}

/**
 * risk = impact x (1 - confidence) x complexity, rounded to thousandths. Impact comes from the service's criticality and
 * the services that depend on it, complexity from size, spread and branches of the change; both are 0..2 with the shipped
 * settings, so that the gate can fail at any confidence below 0.875.
 */
export function assessRisk(context: GateContext): RiskAssessment {
  const { deps } = context
  const settings = deps.settings.risk
  const impact = impactOf(context, settings)
  const complexity = complexityOf(context, settings)
  // A confidence outside of 0..1 or none at all is no reason to trust.
  const confidence = Number.isFinite(deps.confidence) ? Math.min(1, Math.max(0, deps.confidence)) : 0
  const risk = rounded(impact.value * (1 - confidence) * complexity.value)
  return {
    impact: impact.value,
    confidence,
    complexity: complexity.value,
    risk,
    threshold: settings.threshold,
    tier: tierOf(risk, settings),
    reasons: [
      ...impact.reasons,
      `confidence ${shown(confidence)}: ${deps.confidenceBasis}`,
      ...complexity.reasons,
    ],
  }
}

interface Factor {
  readonly value: number
  readonly reasons: readonly string[]
}

function impactOf({ deps }: GateContext, settings: RiskSettings): Factor {
  const { criticality, name } = deps.service
  const raw = settings.impactByCriticality[criticality] + settings.impactPerDependent * deps.dependents
  return {
    value: rounded(Math.min(settings.maxImpact, raw)),
    reasons: [
      `${name} is of ${criticality} criticality, ${count(deps.dependents, 'service')} depend${deps.dependents === 1 ? 's' : ''} on it`,
    ],
  }
}

function complexityOf(context: GateContext, settings: RiskSettings): Factor {
  const code = context.files.filter(({ path }) => !isTestFile(path))
  const [codeLines, testLines] = [
    linesOf(code),
    linesOf(context.files.filter(({ path }) => isTestFile(path))),
  ]
  const languages = new Set(code.map(({ path }) => /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? 'none')).size
  const branches = code.reduce((sum, { path }) => sum + addedBranches(context, path), 0)
  const raw =
    codeLines * settings.complexityPerCodeLine +
    testLines * settings.complexityPerTestLine +
    Math.max(0, code.length - 1) * settings.complexityPerFurtherFile +
    Math.max(0, languages - 1) * settings.complexityPerFurtherLanguage +
    branches * settings.complexityPerBranch
  const size = `${count(codeLines, 'line')} of code in ${count(code.length, 'file')}, ${count(testLines, 'line')} of tests`
  return {
    value: rounded(Math.min(settings.maxComplexity, raw)),
    reasons: [
      size,
      `${count(languages, 'kind')} of file, ${count(branches, 'more branch')}`.replace('branchs', 'branches'),
    ],
  }
}

function linesOf(files: readonly ChangedFile[]): number {
  return files.reduce((sum, { added, removed }) => sum + added.length + removed.length, 0)
}

/** Branches that the patch adds to a file; fewer than before count as none. */
function addedBranches({ baseTexts, patchedTexts }: GateContext, path: string): number {
  const [before, after] = [baseTexts.get(path), patchedTexts.get(path)]
  return Math.max(0, branchesOf(path, after ?? '') - branchesOf(path, before ?? ''))
}

function tierOf(risk: number, { tiers }: RiskSettings): RiskTier {
  if (risk >= tiers.high) return 'high'
  return risk >= tiers.medium ? 'medium' : 'low'
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}

function shown(value: number): string {
  return String(Math.round(value * 100) / 100)
}
