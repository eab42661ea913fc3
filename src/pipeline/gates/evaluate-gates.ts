import { GATES } from '../contracts.ts'
import type { GateId, GateReport, GateResult, Patch, RiskAssessment, StageOutcome } from '../contracts.ts'
import { toCcpError } from '../errors.ts'
import { openContext, type GateContext } from './context.ts'
import { blocked, gateResult, type GateAnswer } from './gate-result.ts'
import { checkLint } from './lint.ts'
import { checkPolicy } from './policy.ts'
import type { GateDeps } from './ports.ts'
import { assessRisk, checkRisk } from './risk.ts'
import { checkSecurity } from './security.ts'
import { checkStaticAnalysis } from './static-analysis.ts'
import { checkSyntax } from './syntax.ts'
import { checkUnitTests } from './tests/unit-tests.ts'

/**
 * Runs the seven gates on a patch and reports all of them, in the order of `GATES`.
 *
 * G1  A gate passes only where its tools ran to an end and said so; everything else is `failed` or `blocked`.
 * G2  What counts is what the patch adds to the base commit, read from git, not from the patch's own account of itself.
 * G3  Nothing of the repository runs outside of the sandbox.
 */
export async function evaluateGates(patch: Patch, deps: GateDeps): Promise<StageOutcome<GateReport>> {
  const startedMs = performance.now()
  const opened = await openContext(patch, deps).catch((thrown: unknown) => toCcpError(thrown))
  const sandbox = await describeSandbox(deps)
  if (opened instanceof Error) {
    const why = `the patch cannot be checked out: ${opened.message}${opened.mend === null ? '' : `; ${opened.mend}`}`
    const results = GATES.map((gate) => gateResult(gate, blocked(why), 0)) // G1
    return report(patch, results, unknownRisk(deps), sandbox, startedMs)
  }
  try {
    const risk = assessRisk(opened)
    const results = await Promise.all(GATES.map((gate) => runGate(gate, opened, risk)))
    return report(patch, results, risk, sandbox, startedMs)
  } finally {
    await Promise.all([opened.base.remove(), opened.patched.remove()])
  }
}

function check(gate: GateId, context: GateContext, risk: RiskAssessment): Promise<GateAnswer> | GateAnswer {
  switch (gate) {
    case 'syntax':
      return checkSyntax(context)
    case 'unit-tests':
      return checkUnitTests(context)
    case 'lint':
      return checkLint(context)
    case 'static-analysis':
      return checkStaticAnalysis(context)
    case 'security':
      return checkSecurity(context)
    case 'risk':
      return checkRisk(risk)
    case 'policy':
      return checkPolicy(context, risk)
  }
}

/** A gate that throws or does not end in time is blocked: it has not passed. */
async function runGate(gate: GateId, context: GateContext, risk: RiskAssessment): Promise<GateResult> {
  const startedMs = performance.now()
  const deadlineMs = context.deps.settings.deadlineMs[gate]
  const { promise: late, resolve } = Promise.withResolvers<GateAnswer>()
  const timer = setTimeout(() => {
    resolve(
      blocked(
        `not done after ${deadlineMs} ms: raise deadline.${gate} in safety-gates.yaml if it needs longer`,
      ),
    )
  }, deadlineMs)
  try {
    const answer = await Promise.race([Promise.resolve().then(() => check(gate, context, risk)), late])
    return gateResult(gate, answer, elapsed(startedMs))
  } catch (thrown) {
    const error = toCcpError(thrown)
    const mend = error.mend ?? 'run the gates again; report it if it happens again'
    return gateResult(gate, blocked(`the gate failed: ${error.message}; ${mend}`), elapsed(startedMs))
  } finally {
    clearTimeout(timer)
  }
}

async function describeSandbox({ sandbox }: GateDeps): Promise<string> {
  return sandbox.describe().catch((thrown: unknown) => `none: ${toCcpError(thrown).message}`)
}

function report(
  patch: Patch,
  results: readonly GateResult[],
  risk: RiskAssessment,
  sandbox: string,
  startedMs: number,
): StageOutcome<GateReport> {
  const passed = results.length === GATES.length && results.every(({ status }) => status === 'passed')
  const { incidentId, commit: patchCommit } = patch
  const durationMs = elapsed(startedMs)
  return { kind: 'done', value: { incidentId, patchCommit, results, passed, risk, sandbox, durationMs } }
}

/** Without a diff there is no knowing: the highest risk that the settings can express. */
function unknownRisk({ settings, confidence }: GateDeps): RiskAssessment {
  const { maxImpact: impact, maxComplexity: complexity, threshold } = settings.risk
  const reasons = ['the change could not be read: the highest risk is assumed']
  return { impact, confidence, complexity, risk: impact * complexity, threshold, tier: 'high', reasons }
}

function elapsed(startedMs: number): number {
  return Math.round(performance.now() - startedMs)
}
