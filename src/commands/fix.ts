import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import { GitPatchRepository } from '../integrations/git/patch-repository.ts'
import { patchedFiles } from '../pipeline/patching/patched-files.ts'
import { planFix } from '../pipeline/planning/plan-fix.ts'
import { locateTrace } from './localize.ts'
import type { FixCandidate, FixPlan, Location } from '../pipeline/contracts.ts'
import type { ChangedFile } from '../pipeline/patching/patched-files.ts'
import type { PlanDeps } from '../pipeline/planning/plan-fix.ts'
import type { ServiceDefinition } from '../pipeline/services.ts'
import type { LocatedTrace } from './localize.ts'

export interface FixOptions {
  /** Root of a repository. */
  readonly repo: string
  /** A log or a bare stack trace; "-" reads standard input. */
  readonly trace: string
  readonly service?: string
}

export type FixDeps = Pick<PlanDeps, 'templates' | 'settings'> &
  Partial<Pick<PlanDeps, 'suggestPatch' | 'outcomes'>>

/**
 * `ccp fix`: prints one JSON object `{location, plan: {candidates, chosen}, diff, ms}`, or `{reason, location?, ms}`.
 * Answers the exit code: 0 a fix is proposed, 1 none is. Nothing is written to the repository's work tree or refs.
 * Throws CcpError `bad-input` (no trace in the file) or `not-found` (no such file, repository or commit).
 */
export async function fixCommand(
  options: FixOptions,
  deps: FixDeps,
  write: (text: string) => void,
): Promise<number> {
  const startedMs = performance.now()
  const answer = (value: object): void =>
    write(`${JSON.stringify({ ...value, ms: Math.round(performance.now() - startedMs) })}\n`)
  const located = await locateTrace(options)
  if (located.kind === 'gaveUp') {
    answer({ reason: located.reason })
    return 1
  }
  const repository = new GitPatchRepository(located.value.repository)
  const planned = await planFix(located.value, planDeps(located, deps, repository))
  const location = placeOf(located.value)
  if (planned.kind !== 'done') {
    answer({ reason: planned.kind === 'gaveUp' ? planned.reason : planned.by.join(', '), location })
    return 1
  }
  const diff = await diffOf(planned.value, located.value, repository)
  if (diff.kind === 'none') {
    answer({ reason: diff.why, location, plan: shownPlan(planned.value) })
    return 1
  }
  answer({ location, plan: shownPlan(planned.value), diff: diff.text })
  return 0
}

function planDeps(
  located: Extract<LocatedTrace, { kind: 'done' }>,
  deps: FixDeps,
  repository: GitPatchRepository,
): PlanDeps {
  const { value: location, diagnosis } = located
  return {
    diagnosis,
    service: serviceOf(location),
    repository,
    // What ran before is not known from a trace and a repository: rolling back is then listed as unavailable.
    release: { deployedCommit: location.baseCommit, previousCommit: null, otherCommitsInRelease: [] },
    templates: deps.templates,
    settings: deps.settings,
    suggestPatch: deps.suggestPatch ?? null,
    outcomes: deps.outcomes ?? { outcomesOf: async () => ({ worked: 0, failed: 0 }) },
    refused: [],
    earlierTries: [],
    mitigated: false,
  }
}

/** The repository taken as a service of its own, of which nothing is configured. */
function serviceOf(location: Location): ServiceDefinition {
  return {
    name: location.service,
    repository: location.repository,
    branch: 'HEAD',
    language: location.language,
    dependsOn: [],
    criticality: 'medium',
    pagerdutyServiceIds: [],
    codeRoots: [location.repository],
    testCommand: null,
    startCommand: null,
    environment: {},
    healthPath: '/',
    objective: { errorRatio: 0.01, latencyP95Ms: null },
    protectedPaths: [],
  }
}

type Diff = { readonly kind: 'diff'; readonly text: string } | { readonly kind: 'none'; readonly why: string }

async function diffOf(plan: FixPlan, location: Location, repository: GitPatchRepository): Promise<Diff> {
  const chosen = plan.candidates.find(({ candidateId }) => candidateId === plan.chosenId)
  if (chosen?.recipe === undefined || chosen.recipe === null)
    return { kind: 'none', why: 'no fix was chosen' }
  const changed = await patchedFiles(chosen.recipe, location.baseCommit, repository)
  if (changed.kind === 'impossible') return { kind: 'none', why: changed.why }
  const texts = await Promise.all(
    changed.files.map(async (file) =>
      fileDiff(file, await repository.readFile(location.baseCommit, file.path)),
    ),
  )
  return { kind: 'diff', text: texts.join('') }
}

/** One file in the form that `git apply` takes. */
function fileDiff({ path, content }: ChangedFile, before: string | null): string {
  const from = before === null ? '/dev/null' : `a/${path}`
  const to = content === null ? '/dev/null' : `b/${path}`
  const mode =
    before === null ? 'new file mode 100644\n' : content === null ? 'deleted file mode 100644\n' : ''
  const options = { context: 3, headerOptions: FILE_HEADERS_ONLY }
  const hunks = createTwoFilesPatch(from, to, before ?? '', content ?? '', undefined, undefined, options)
  return `diff --git a/${path} b/${path}\n${mode}${hunks}`
}

/** The candidates without the file contents that they carry. */
function shownPlan(plan: FixPlan): object {
  const shown = ({ recipe, ...rest }: FixCandidate): object => ({ ...rest, template: templateOf(recipe) })
  return { candidates: plan.candidates.map(shown), chosen: plan.chosenId }
}

function templateOf(recipe: FixCandidate['recipe']): string | null {
  return recipe?.kind === 'template' ? recipe.templateId : null
}

function placeOf(location: Location): object {
  const { file, line, symbol, language, exception, snippet, blame, suspectCommit, doubts } = location
  return { file, line, symbol, language, exception, snippet, blame, suspectCommit, doubts }
}
