import { GitPatchRepository } from '../integrations/git/patch-repository.ts'
import { GitSourceRepository } from '../integrations/git/source-repository.ts'
import type { ServiceRepository } from '../pipeline/execute.ts'

/** A repository as the stages want it: read from and committed to in that directory, and pushed as the caller says. */
export function serviceRepository(
  directory: string,
  push: (branch: string) => Promise<void>,
): ServiceRepository {
  const source = new GitSourceRepository(directory)
  const patches = new GitPatchRepository(directory)
  return {
    directory,
    filesAt: (commit) => source.filesAt(commit),
    readFile: (commit, path) => source.readFile(commit, path),
    blame: (commit, path, line) => source.blame(commit, path, line),
    commitsTouching: (query) => source.commitsTouching(query),
    linesChanged: (since, until) => source.linesChanged(since, until),
    commitsTouchingLines: (query) => source.commitsTouchingLines(query),
    commitFiles: (change) => patches.commitFiles(change),
    revertedFiles: (base, commit) => patches.revertedFiles(base, commit),
    filesTurning: (base, to) => patches.filesTurning(base, to),
    diff: (base, commit) => patches.diff(base, commit),
    push,
  }
}
