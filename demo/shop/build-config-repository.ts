import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { apply, assertAbsent, git, historyDirectory, missing, readPatches } from './build-repositories.ts'

/** The repository of the services' settings: one file for each service that reads any. */
export interface ConfigRepository {
  readonly path: string
  /** What a scenario may put into production, by name: `healthy` and `deployed`, the head of main. */
  readonly releases: Readonly<Record<'healthy' | 'deployed', string>>
  /** The commit between the two that brings the fault. */
  readonly culprit: string
}

const NAME = 'shop-config'
const patch = z.object({ patch: z.int().positive() })
const releasesSchema = z.object({ healthy: patch, deployed: patch, culprit: patch })

/** Builds it under `dir` (`dir/shop-config`), its history ending shortly before `nowMs` (ms), as those of the services. */
export async function buildConfigRepository(dir: string, nowMs: number): Promise<ConfigRepository> {
  const path = join(dir, NAME)
  const stored = join(historyDirectory, NAME)
  await assertAbsent(path)
  await mkdir(path, { recursive: true })
  await git(path, ['init', '--quiet', '--initial-branch=main'])
  await git(path, ['config', 'receive.denyCurrentBranch', 'updateInstead'])
  await apply(path, await readPatches(stored), nowMs)
  const text = await readFile(join(stored, 'releases.json'), 'utf8')
  const { healthy, deployed, culprit } = releasesSchema.parse(JSON.parse(text))
  const commits = (await git(path, ['rev-list', '--reverse', 'main'])).split('\n')
  const commitOf = ({ patch: number }: { readonly patch: number }): string =>
    commits[number - 1] ?? missing(NAME, number)
  return {
    path,
    releases: { healthy: commitOf(healthy), deployed: commitOf(deployed) },
    culprit: commitOf(culprit),
  }
}
