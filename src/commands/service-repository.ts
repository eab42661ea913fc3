import { GitPatchRepository } from '../integrations/git/patch-repository.ts'
import { GitSourceRepository } from '../integrations/git/source-repository.ts'
import type { ReleasePart } from '../pipeline/contracts.ts'
import { CcpError } from '../pipeline/errors.ts'
import type { ServiceRepository } from '../pipeline/execute.ts'
import { configRepositoryOf, type RepositorySource, type ServiceDefinition } from '../pipeline/services.ts'

/** Where that half of a service's release is kept. Throws CcpError `not-found` where services.yaml does not say. */
export function repositoryOf(service: ServiceDefinition, part: ReleasePart): RepositorySource {
  const source = part === 'code' ? service : configRepositoryOf(service)
  if (source !== null) return source
  throw new CcpError('not-found', `services.yaml names no configuration of ${service.name}`, {
    mend: 'name its repository as `config` of the service',
  })
}

/** A repository as the stages want it: read from and committed to in that directory, and pushed as the caller says. */
export function serviceRepository(
  directory: string,
  push: (branch: string) => Promise<void>,
  stale: string | null = null,
): ServiceRepository {
  const source = new GitSourceRepository(directory)
  const patches = new GitPatchRepository(directory)
  return {
    directory,
    stale,
    filesAt: (commit) => source.filesAt(commit),
    readFile: (commit, path) => source.readFile(commit, path),
    blame: (commit, path, line, since) => source.blame(commit, path, line, since),
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
