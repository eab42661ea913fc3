import { parsePatch } from 'diff'
import { branchName, commitMessage } from './commit-text.ts'
import { patchedFiles } from './patched-files.ts'
import { regressionTest } from './regression-test.ts'
import { toCcpError } from '../errors.ts'
import type {
  FixCandidate,
  FixPlan,
  Location,
  Patch,
  PatchedFile,
  PatchedPair,
  StageOutcome,
} from '../contracts.ts'
import type { ServiceDefinition } from '../services.ts'
import type { PatchRepository } from './ports.ts'
import type { WrittenTest } from './regression-test.ts'

export interface WriteDeps {
  readonly location: Location
  readonly service: ServiceDefinition
  /** Of the code, or of the configuration where the location lies in that. */
  readonly repository: PatchRepository
  /** Where a release is a pair: which half is patched, and with what other half it is deployed. */
  readonly pair?: PatchedPair
  /** Time of the commit. The same time, plan and location give the same commit. */
  readonly atMs: number
}

/**
 * Writes the chosen candidate as a commit on a branch of its own, together with a test that replays the failing request.
 * Gives up where the change does not apply any more; throws CcpError `conflict` if the branch stands elsewhere already.
 */
export async function writePatch(plan: FixPlan, deps: WriteDeps): Promise<StageOutcome<Patch>> {
  const { location, service, repository, pair, atMs } = deps
  const candidate = plan.candidates.find(({ candidateId }) => candidateId === plan.chosenId)
  if (candidate?.recipe === undefined || candidate.recipe === null)
    return { kind: 'gaveUp', reason: 'The plan names no fix that can be carried out.' }
  const changed = await patchedFiles(candidate.recipe, location.baseCommit, repository)
  if (changed.kind === 'impossible') return { kind: 'gaveUp', reason: changed.why }
  const test = await regressionTest(location, service, (path) =>
    repository.readFile(location.baseCommit, path),
  )
  const branch = branchName(plan.incidentId, candidate, location.baseCommit)
  const commit = await repository.commitFiles({
    base: location.baseCommit,
    branch,
    files: test.file === null ? changed.files : [...changed.files, test.file],
    message: commitMessage(candidate, location, test.outcome),
    atMs,
  })
  const diff = await repository.diff(location.baseCommit, commit)
  return { kind: 'done', value: patchOf(candidate, { branch, commit, diff, test, location, pair }) }
}

function patchOf(
  candidate: FixCandidate,
  written: {
    readonly branch: string
    readonly commit: string
    readonly diff: string
    readonly test: WrittenTest
    readonly location: Location
    readonly pair: PatchedPair | undefined
  },
): Patch {
  const { branch, commit, diff, test, location, pair } = written
  return {
    incidentId: location.incidentId,
    candidateId: candidate.candidateId,
    strategy: candidate.strategy,
    service: location.service,
    repository: location.repository,
    baseCommit: location.baseCommit,
    ...(pair === undefined ? {} : { pair }),
    branch,
    commit,
    diff,
    files: countFiles(diff),
    regressionTest: test.outcome,
    title: candidate.title,
  }
}

/** Added and removed lines of each file in a unified diff. */
export function countFiles(diff: string): readonly PatchedFile[] {
  try {
    return parsePatch(diff).map(({ oldFileName, newFileName, hunks }) => {
      const lines = hunks.flatMap((hunk) => hunk.lines)
      const path = newFileName === undefined || newFileName === '/dev/null' ? oldFileName : newFileName
      return {
        path: (path ?? '').replace(/^[ab]\//, ''),
        added: lines.filter((line) => line.startsWith('+')).length,
        removed: lines.filter((line) => line.startsWith('-')).length,
      }
    })
  } catch (thrown) {
    throw toCcpError(new Error('the diff of the patch cannot be read', { cause: thrown }))
  }
}
