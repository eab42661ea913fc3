import { matchesGlob } from 'node:path'
import { Environment } from '@marcbachmann/cel-js'
import type { Finding, RiskAssessment } from '../contracts.ts'
import { changedFiles, type ChangedFile } from './changed-files.ts'
import type { GateContext } from './context.ts'
import { count, failed, passed, type GateAnswer } from './gate-result.ts'
import type { PolicyRule } from './settings.ts'

const SYMLINK = '120000'
const SUBMODULE = '160000'

/** Gate 7: what a machine-made patch may touch and how much of it, and the rules of the organisation. */
export function checkPolicy(context: GateContext, risk: RiskAssessment): GateAnswer {
  const { policy } = context.deps.settings
  const findings = [
    ...differingDiff(context),
    ...context.files.flatMap((file) => pathFindings(file, context)),
    ...sizeFindings(context),
    ...policy.rules.flatMap((rule) => ruleFindings(rule, celContext(context, risk))),
  ]
  const tools = ['built-in limits', 'CEL (@marcbachmann/cel-js)']
  const [first] = findings
  if (first !== undefined) return failed(`${first.rule}: ${first.message}`, findings, tools)
  const rules = policy.rules.length
  return passed(`${count(context.files.length, 'file')} allowed, ${count(rules, 'rule')} kept`, tools)
}

/** What people are shown has to be what is deployed. */
function differingDiff({ patch, files }: GateContext): readonly Finding[] {
  if (canonical(changedFiles(patch.diff)) === canonical(files)) return []
  const message = `the diff of the patch is not that of its commit ${patch.commit.slice(0, 12)}: write the patch again`
  return [{ file: null, line: null, rule: 'diff-differs', message }]
}

/** Every line with its number counts, the order of the files does not. */
function canonical(files: readonly ChangedFile[]): string {
  const parts = files.map(({ path, change, added, removed, binary }) =>
    JSON.stringify([path, change, binary, added.map(({ line, text }) => [line, text]), removed]),
  )
  return parts.sort().join('\n')
}

function pathFindings(file: ChangedFile, { deps }: GateContext): readonly Finding[] {
  const { policy } = deps.settings
  const found = (rule: string, message: string): Finding => ({ file: file.path, line: null, rule, message })
  const findings: Finding[] = []
  // The file that services.yaml names as the configuration may be a dot file, which code patches must not touch.
  const isConfig = deps.code?.configPath === file.path
  const glob = isConfig ? undefined : policy.forbiddenPaths.find((pattern) => matches(file.path, pattern))
  if (glob !== undefined)
    findings.push(found('forbidden-path', `${file.path} is forbidden by ${glob} in safety-gates.yaml`))
  const own = deps.service.protectedPaths.find((pattern) => matches(file.path, pattern))
  if (own !== undefined)
    findings.push(
      found('protected-path', `${file.path} is protected by ${own} of service ${deps.service.name}`),
    )
  if (file.binary && !policy.allowBinaryFiles)
    findings.push(found('binary-file', `${file.path} is a binary file: nobody can review it`))
  if ([file.oldMode, file.newMode].includes(SYMLINK))
    findings.push(found('symlink', `${file.path} is a symbolic link`))
  if ([file.oldMode, file.newMode].includes(SUBMODULE))
    findings.push(found('submodule', `${file.path} is a submodule`))
  if (changesMode(file) && !policy.allowModeChanges)
    findings.push(found('mode-change', `${file.path} changes its mode to ${file.newMode}`))
  return findings
}

function changesMode({ change, oldMode, newMode }: ChangedFile): boolean {
  if (change === 'added') return newMode === '100755'
  return change === 'modified' && oldMode !== null && newMode !== null && oldMode !== newMode
}

/** A pattern without a slash is about the name, wherever the file lies. Case is no way around it. */
function matches(path: string, pattern: string): boolean {
  const everywhere = pattern.includes('/') ? pattern : `**/${pattern}`
  return matchesGlob(path.toLowerCase(), everywhere.toLowerCase())
}

function sizeFindings({ files, deps }: GateContext): readonly Finding[] {
  const { maxFiles, maxChangedLines } = deps.settings.policy
  const lines = total(files, 'added') + total(files, 'removed')
  const found = (rule: string, message: string): Finding => ({ file: null, line: null, rule, message })
  return [
    ...(files.length === 0 ? [found('empty-patch', 'the patch changes nothing')] : []),
    ...(files.length > maxFiles
      ? [found('too-many-files', `${files.length} files changed, ${maxFiles} allowed`)]
      : []),
    ...(lines > maxChangedLines
      ? [found('too-many-lines', `${lines} lines changed, ${maxChangedLines} allowed`)]
      : []),
  ]
}

function total(files: readonly ChangedFile[], side: 'added' | 'removed'): number {
  return files.reduce((sum, file) => sum + file[side].length, 0)
}

const cel = new Environment({ limits: { maxAstNodes: 5_000, maxDepth: 100 } })
  .registerVariable('patch', 'map')
  .registerVariable('service', 'map')
  .registerVariable('risk', 'map')
  .registerVariable('time', 'map')

/** A rule that cannot be evaluated forbids: it may have been meant to. */
function ruleFindings(
  { name, allow, message }: PolicyRule,
  values: Record<string, unknown>,
): readonly Finding[] {
  const found = (text: string): readonly Finding[] => [{ file: null, line: null, rule: name, message: text }]
  try {
    const answer: unknown = cel.evaluate(allow, values)
    if (answer === true) return []
    if (answer === false) return found(message)
    return found(
      `the rule answers ${typeof answer}, not true or false: correct \`${name}\` in safety-gates.yaml`,
    )
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown)
    return found(`the rule cannot be evaluated (${why}): correct \`${name}\` in safety-gates.yaml`)
  }
}

/** The names that a rule may use; documented in config/safety-gates.yaml. */
export function celContext(context: GateContext, risk: RiskAssessment): Record<string, unknown> {
  const { patch, files, deps } = context
  const { service, dependents } = deps
  const now = new Date(deps.nowMs())
  return {
    patch: {
      files: files.map(({ path }) => path),
      fileCount: files.length,
      added: total(files, 'added'),
      removed: total(files, 'removed'),
      strategy: patch.strategy,
      part: patch.pair?.part ?? 'code',
      branch: patch.branch,
      title: patch.title,
      hasRegressionTest: patch.regressionTest.kind === 'generated',
    },
    service: {
      name: service.name,
      language: service.language,
      branch: service.branch,
      criticality: service.criticality,
      dependents,
    },
    risk: { ...risk, reasons: [...risk.reasons] },
    time: { hour: now.getUTCHours(), weekday: now.getUTCDay(), epochMs: deps.nowMs() },
  }
}
