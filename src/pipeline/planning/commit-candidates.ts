import { attempt } from './attempt.ts'
import { changedLines } from './changed-lines.ts'
import { believe, type Belief } from './confidence.ts'
import { fingerprint, rounded, unavailable } from './candidate.ts'
import type { Diagnosis, Location } from '../contracts.ts'
import type { Weighed } from './candidate.ts'
import type { OutcomeHistory, PlanRepository } from './ports.ts'
import type { PlanningSettings } from './settings.ts'

export interface Release {
  readonly deployedCommit: string
  /** What ran before; null where that is not known. */
  readonly previousCommit: string | null
  /** Commits of the release beside the suspected one. */
  readonly otherCommitsInRelease: readonly { readonly commit: string; readonly subject: string }[]
}

interface Deps {
  readonly diagnosis: Diagnosis
  readonly repository: PlanRepository
  readonly release: Release
  readonly outcomes: OutcomeHistory
  readonly settings: PlanningSettings
  readonly mitigated: boolean
}

/** Taking back the suspected commit alone. */
export async function revertCandidate(location: Location, deps: Deps): Promise<Weighed> {
  const suspect = location.suspectCommit
  if (suspect === null)
    return unavailable('revert-commit', 'Revert the suspected commit', 'no commit is suspected')
  const short = suspect.commit.slice(0, 8)
  const title = `Revert ${short} "${clipped(suspect.subject)}"`
  const reverted = await attempt(() => deps.repository.revertedFiles(location.baseCommit, suspect.commit))
  if (reverted.kind === 'failed')
    return unavailable('revert-commit', title, `it cannot be taken back: ${reverted.why}`)
  if (reverted.files.some(({ path, content }) => path === location.file && content === null))
    return unavailable(
      'revert-commit',
      title,
      `it brought ${location.file}: taking it back would delete the file`,
    )
  const { files, lines } = await changedLines(deps.repository, location.baseCommit, reverted.files)
  const prior = deps.settings.priors.revertCommit
  const belief = await believe({ strategy: 'revert-commit', templateId: null, prior }, deps)
  const { costs } = deps.settings
  return {
    candidate: {
      candidateId: fingerprint('revert-commit', [suspect.commit]),
      strategy: 'revert-commit',
      title,
      rationale: `The fault came with this commit: ${suspect.because}.`,
      confidence: rounded(belief.confidence * blameOf(deps)),
      confidenceBasis: basisOf(belief, deps),
      drawbacks: [`takes back what the commit was for: ${lines} lines in ${counted(files, 'file')}`],
      recipe: { kind: 'revert-commit', commit: suspect.commit },
      unavailable: null,
    },
    cost: Math.min(costs.most, costs.lostFeature + lines * costs.changedLine),
  }
}

/** Putting the release before this one back into production. */
export async function rollBackCandidate(location: Location, deps: Deps): Promise<Weighed> {
  const { previousCommit, otherCommitsInRelease: others } = deps.release
  const heading = 'Roll back the deploy'
  if (deps.mitigated)
    return unavailable('roll-back-deploy', heading, 'the release before this one runs again already')
  if (deps.diagnosis.hypotheses[0]?.change === null)
    return unavailable('roll-back-deploy', heading, 'no release of this service is blamed')
  if (previousCommit === null)
    return unavailable('roll-back-deploy', heading, 'it is not known which release ran before this one')
  if (previousCommit === location.baseCommit)
    return unavailable('roll-back-deploy', heading, 'the release before this one is the same commit')
  const title = `${heading} to ${previousCommit.slice(0, 8)}`
  const turned = await attempt(() => deps.repository.filesTurning(location.baseCommit, previousCommit))
  if (turned.kind === 'failed')
    return unavailable('roll-back-deploy', title, `it cannot be written: ${turned.why}`)
  if (turned.files.length === 0)
    return unavailable('roll-back-deploy', title, 'the release before this one has the same files')
  const prior = deps.settings.priors.rollBackDeploy
  const belief = await believe({ strategy: 'roll-back-deploy', templateId: null, prior }, deps)
  const { costs } = deps.settings
  return {
    candidate: {
      candidateId: fingerprint('roll-back-deploy', [previousCommit]),
      strategy: 'roll-back-deploy',
      title,
      rationale: 'The release before this one ran without the fault.',
      confidence: rounded(belief.confidence * blameOf(deps)),
      confidenceBasis: basisOf(belief, deps),
      drawbacks: [alsoTakenBack(others), 'does not undo changes of data or of the database schema'],
      recipe: { kind: 'roll-back-deploy', toCommit: previousCommit },
      unavailable: null,
    },
    cost: Math.min(costs.most, costs.lostFeature + others.length * costs.otherCommit),
  }
}

/**
 * How sure the diagnosis is that the code it blames is at fault; without a change the location alone stands for it. Where a
 * change of configuration is blamed, the code that did not change is at fault only if that is wrong.
 */
export function blameOf({ diagnosis }: { readonly diagnosis: Diagnosis }): number {
  const first = diagnosis.hypotheses[0]
  if (first === undefined || first.change === null) return 1
  return first.change.kind === 'config' ? 1 - first.confidence : first.confidence
}

/** Why a fix of the code is worth so little where its configuration is blamed. */
export function basisOf({ basis }: Belief, { diagnosis }: { readonly diagnosis: Diagnosis }): string {
  const isOfConfig = diagnosis.hypotheses[0]?.change?.kind === 'config'
  return isOfConfig ? `${basis}; only if the configuration is not the cause` : basis
}

function alsoTakenBack(others: Release['otherCommitsInRelease']): string {
  if (others.length === 0) return 'takes back the whole release'
  const named = others.slice(0, 3).map(({ subject }) => `"${clipped(subject)}"`)
  const more = others.length > named.length ? ' ...' : ''
  return `also takes back ${counted(others.length, 'other commit')}: ${named.join(', ')}${more}`
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function clipped(subject: string): string {
  return subject.length > 60 ? `${subject.slice(0, 57)}...` : subject
}
