import { describeSettingChange, settingChanges } from '../signals/setting-changes.ts'
import { attempt } from './attempt.ts'
import { changedLines } from './changed-lines.ts'
import { believe } from './confidence.ts'
import { fingerprint, rounded, unavailable } from './candidate.ts'
import type { Diagnosis, FixCandidate, FixRecipe, Location } from '../contracts.ts'
import type { Weighed } from './candidate.ts'
import type { FileContent, OutcomeHistory, PlanRepository } from './ports.ts'
import type { PlanningSettings } from './settings.ts'

/** What the blamed change of configuration brought, and where it can be taken back. */
export interface ConfigRelease {
  readonly repository: PlanRepository
  /** The configuration that ran before; null where that is not known. */
  readonly previousCommit: string | null
  /** Commits of the change that touched the service's file, beside the suspected one. */
  readonly otherCommits: readonly { readonly commit: string; readonly subject: string }[]
}

interface Deps {
  readonly diagnosis: Diagnosis
  readonly outcomes: OutcomeHistory
  readonly settings: PlanningSettings
  readonly config?: ConfigRelease
}

const HEADING = 'Take the change of configuration back'

/**
 * Taking the suspected commit of the configuration back, or the whole change of the service's file. Where the cause is not
 * in a configuration that the bot can change, one candidate that says why.
 */
export async function configCandidates(location: Location, deps: Deps): Promise<readonly Weighed[]> {
  if (location.config === undefined || deps.config === undefined) return [none(whyNot(deps.diagnosis))]
  return [
    await revertConfig(location, { ...deps, config: deps.config }),
    ...(await restoreConfig(location, { ...deps, config: deps.config })),
  ]
}

function none(reason: string): Weighed {
  return unavailable('config-change', HEADING, reason)
}

function whyNot({ hypotheses }: Diagnosis): string {
  const change = hypotheses[0]?.change
  if (change?.kind !== 'config') return 'the suspected cause is code, not configuration'
  return `"${change.summary}" has to be put back by hand: services.yaml names no repository of the configuration`
}

type ConfigDeps = Deps & { readonly config: ConfigRelease }

async function revertConfig(location: Location, deps: ConfigDeps): Promise<Weighed> {
  const suspect = location.suspectCommit
  if (suspect === null) return none('no commit of the configuration is suspected')
  const title = `Revert ${suspect.commit.slice(0, 8)} "${clipped(suspect.subject)}" in the configuration`
  const { repository } = deps.config
  const reverted = await attempt(() => repository.revertedFiles(location.baseCommit, suspect.commit))
  if (reverted.kind === 'failed')
    return unavailable('config-change', title, `it cannot be taken back: ${reverted.why}`)
  if (reverted.files.some(({ path, content }) => path === location.file && content === null))
    return unavailable('config-change', title, `it brought ${location.file}: nothing would be left of it`)
  return weigh(location, deps, {
    title,
    rationale: `The fault came with this commit: ${suspect.because}. The code that runs has not changed.`,
    recipe: { kind: 'revert-commit', commit: suspect.commit },
    files: reverted.files,
    otherCommits: [],
  })
}

/** Only where that is another change than taking the suspected commit back alone. */
async function restoreConfig(location: Location, deps: ConfigDeps): Promise<readonly Weighed[]> {
  const { repository, previousCommit, otherCommits } = deps.config
  if (previousCommit === null || (location.suspectCommit !== null && otherCommits.length === 0)) return []
  const content = await repository.readFile(previousCommit, location.file)
  if (content === null) return []
  return [
    await weigh(location, deps, {
      title: `Put ${location.file} back as it was in ${previousCommit.slice(0, 8)}`,
      rationale: 'With this configuration the same code ran without the fault.',
      recipe: { kind: 'restore-file', file: location.file, fromCommit: previousCommit },
      files: [{ path: location.file, content }],
      otherCommits,
    }),
  ]
}

interface Written {
  readonly title: string
  readonly rationale: string
  readonly recipe: FixRecipe & { kind: 'revert-commit' | 'restore-file' }
  readonly files: readonly FileContent[]
  readonly otherCommits: ConfigRelease['otherCommits']
}

async function weigh(location: Location, deps: ConfigDeps, written: Written): Promise<Weighed> {
  const { title, rationale, recipe, files, otherCommits } = written
  const { settings, diagnosis, config } = deps
  const prior = settings.priors.configChange
  const belief = await believe({ strategy: 'config-change', templateId: null, prior }, deps)
  const { lines } = await changedLines(config.repository, location.baseCommit, files)
  const commit = recipe.kind === 'revert-commit' ? recipe.commit : recipe.fromCommit
  const candidate: FixCandidate = {
    candidateId: fingerprint('config-change', [recipe.kind, location.file, commit]),
    strategy: 'config-change',
    title,
    rationale,
    confidence: rounded(belief.confidence * (diagnosis.hypotheses[0]?.confidence ?? 1)),
    confidenceBasis: belief.basis,
    drawbacks: await drawbacksOf(location, deps, written),
    recipe,
    unavailable: null,
  }
  const { costs } = settings
  const cost = costs.lostFeature + lines * costs.changedLine + otherCommits.length * costs.otherCommit
  return { candidate, cost: Math.min(costs.most, cost) }
}

/** What is set otherwise afterwards beside the setting at fault, and what else of the repository changes. */
async function drawbacksOf(
  location: Location,
  { config }: ConfigDeps,
  { files, otherCommits }: Written,
): Promise<readonly string[]> {
  const now = (await config.repository.readFile(location.baseCommit, location.file)) ?? ''
  const then = files.find(({ path }) => path === location.file)?.content ?? now
  const settings = settingChanges(location.file, now, then).map(describeSettingChange)
  const beside = files.filter(({ path }) => path !== location.file).map(({ path }) => path)
  return [
    `settings afterwards: ${listed(settings, '; ')}`,
    ...(otherCommits.length === 0
      ? []
      : [
          `also takes back ${listed(
            otherCommits.map(({ subject }) => `"${clipped(subject)}"`),
            ', ',
          )}`,
        ]),
    ...(beside.length === 0 ? [] : [`also changes ${listed(beside, ', ')}, which no rollout here tries`]),
  ]
}

const MOST_LISTED = 4

function listed(texts: readonly string[], between: string): string {
  const more = texts.length > MOST_LISTED ? [`${texts.length - MOST_LISTED} more`] : []
  return [...texts.slice(0, MOST_LISTED), ...more].join(between)
}

function clipped(subject: string): string {
  return subject.length > 60 ? `${subject.slice(0, 57)}...` : subject
}
