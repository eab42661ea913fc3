import type { Finding, GateId, GateReport, GateResult } from '../../pipeline/contracts.ts'
import { context, section, table } from './blocks.ts'
import { desiredMessage, type DesiredMessage } from './desired-message.ts'
import { clip, code, duration, line, list } from './text.ts'

const FINDINGS_SHOWN = 3

const GATE: Readonly<Record<GateId, string>> = {
  syntax: 'Syntax',
  'unit-tests': 'Unit tests',
  lint: 'Lint',
  'static-analysis': 'Static analysis',
  security: 'Security scan',
  risk: 'Risk',
  policy: 'Policy',
}
const STATUS: Readonly<Record<GateResult['status'], string>> = {
  passed: '✅ passed',
  failed: '❌ failed',
  blocked: '⛔ could not run',
}

/** The seven gates with what they found, and what made the risk what it is. */
export function gatesMessage(report: GateReport): DesiredMessage {
  const bad = report.results.filter((result) => result.status !== 'passed')
  const verdict = report.passed
    ? `All ${report.results.length} gates passed`
    : `Stopped by ${list(bad.map((result) => GATE[result.gate].toLowerCase()))}`
  return desiredMessage({
    key: 'gates',
    summary: verdict,
    blocks: [
      section(`*${report.passed ? '✅' : '❌'} ${verdict}* in ${duration(report.durationMs)}`),
      table(['Gate', 'Result'], report.results.map(rowOf), 400),
      ...bad.filter((result) => result.findings.length > 0).map(findingsSection),
      ...(bad.length === 0 ? [] : [section(whatToDo(bad))]),
      section(riskText(report)),
      ...context(riskFormula(report), ...report.risk.reasons.slice(0, 6).map((reason) => line(reason))),
      ...context(`Confined by ${line(report.sandbox, 200)}`, toolsText(report)),
    ],
  })
}

/** What a person can do where that gate found something against the change. */
const MEND: Readonly<Record<GateId, string>> = {
  syntax: 'the change does not parse, so take the next fix',
  'unit-tests':
    'if the failing test is right, take the next fix; if it is out of date, change it on the branch',
  lint: 'mend the findings on the branch, or change the rule in the repository',
  'static-analysis': 'mend the findings on the branch, or take the next fix',
  security: 'take it out on the branch; a secret that stood there must be replaced as well',
  risk: 'make a smaller change by hand, or take the next fix',
  policy: 'whoever owns that path must change it, or the policy in safety-gates.yaml',
}

function whatToDo(bad: readonly GateResult[]): string {
  const lines = bad.map(({ gate, status, summary }) =>
    status === 'blocked' ? `• ${GATE[gate]}: ${line(summary, 300)}` : `• ${GATE[gate]}: ${MEND[gate]}`,
  )
  return clip(['*Nothing was deployed. What you can do*', ...lines].join('\n'), 2_900)
}

function rowOf({ gate, status, summary, durationMs }: GateResult): readonly string[] {
  return [GATE[gate], `${STATUS[status]}: ${summary} (${duration(durationMs)})`]
}

function findingsSection({ gate, findings }: GateResult) {
  const shown = findings.slice(0, FINDINGS_SHOWN).map(findingLine)
  const left = findings.length - FINDINGS_SHOWN
  const more = left > 0 ? [`_and ${left} more, behind Show evidence_`] : []
  return section(clip([`*${GATE[gate]}*`, ...shown, ...more].join('\n'), 2_900))
}

export function findingLine({ file, line: number, rule, message }: Finding): string {
  const place = file === null ? '' : `${code(number === null ? file : `${file}:${number}`)} `
  return `• ${place}${line(message, 400)} _(${line(rule, 80)})_`
}

function riskText({ risk }: GateReport): string {
  return `*Risk ${risk.risk.toFixed(2)}, ${risk.tier}* (must be below ${risk.threshold})`
}

function riskFormula({ risk: { impact, confidence, complexity } }: GateReport): string {
  return `${impact.toFixed(2)} impact × (1 − ${confidence.toFixed(2)} confidence) × ${complexity.toFixed(2)} complexity`
}

function toolsText({ results }: GateReport): string {
  const tools = [...new Set(results.flatMap((result) => result.tools))]
  return tools.length === 0 ? '' : `Tools: ${line(tools.join(', '), 600)}`
}
