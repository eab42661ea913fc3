import { access, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { z } from 'zod'
import { CcpError } from '../../src/pipeline/errors.ts'
import { retimePatch } from './retime-patches.ts'
import { serviceNames, type ServiceName } from './services.ts'

export interface Repository {
  readonly service: ServiceName
  /** Root of the checkout; its work tree stands at the newest commit of the default branch. */
  readonly path: string
  readonly defaultBranch: 'main'
  readonly commits: {
    /** The release before the last; tagged `versions.healthy`. */
    readonly healthy: string
    /** The last release, head of the default branch; tagged `versions.deployed`. */
    readonly deployed: string
    /** The commit between the two that brings the fault; null where the service has none. */
    readonly culprit: string | null
  }
  readonly versions: { readonly healthy: string; readonly deployed: string }
  /** What a scenario may put into production, by name: `healthy`, `deployed` and those on release branches of their own. */
  readonly releases: Readonly<Record<string, ShopRelease>>
}

export interface ShopRelease {
  readonly commit: string
  readonly version: string
  /** The commit that brings the fault; null where none does. */
  readonly culprit: string | null
}

export const historyDirectory = join(import.meta.dirname, 'history')
const releaseSchema = z.object({ patch: z.int().positive(), version: z.string().min(1) })
const releasesSchema = z.object({
  healthy: releaseSchema,
  deployed: releaseSchema,
  culprit: z.object({ patch: z.int().positive() }).optional(),
  /** Releases made of `<name>/*.patch` on top of the healthy one; `culprit` counts from 1 within them. */
  branches: z
    .record(z.string(), z.object({ version: z.string().min(1), culprit: z.int().positive().optional() }))
    .default({}),
})
type Releases = z.infer<typeof releasesSchema>

/**
 * Builds the git repositories of the shop under `dir` (`dir/<service>`), with a history that ends shortly before `nowMs`
 * (ms). The same `nowMs` gives the same commit ids. Throws CcpError `conflict` when one of them is already there.
 */
export async function buildRepositories(
  dir: string,
  nowMs: number,
): Promise<Record<ServiceName, Repository>> {
  const built = await Promise.all(
    serviceNames.map((service) => buildRepository(service, join(dir, service), nowMs)),
  )
  return Object.fromEntries(built.map((repository) => [repository.service, repository])) as Record<
    ServiceName,
    Repository
  >
}

async function buildRepository(service: ServiceName, path: string, nowMs: number): Promise<Repository> {
  await assertAbsent(path)
  const releases = await readReleases(service)
  const patches = await readPatches(join(historyDirectory, service))
  await mkdir(path, { recursive: true })
  await git(path, ['init', '--quiet', '--initial-branch=main'])
  // A fix that is pushed to the checked-out branch moves the work tree along, as a hosting service would.
  await git(path, ['config', 'receive.denyCurrentBranch', 'updateInstead'])
  await apply(path, patches, nowMs)
  const built = await named(service, path, releases)
  const releasesOnBranches: Record<string, ShopRelease> = {}
  for (const [name, { version, culprit }] of Object.entries(releases.branches)) {
    await git(path, ['checkout', '--quiet', '-b', `release/${version}`, built.commits.healthy])
    await apply(path, await readPatches(join(historyDirectory, service, name)), nowMs)
    const range = `${built.commits.healthy}..HEAD`
    const commits = (await git(path, ['rev-list', '--reverse', range])).split('\n')
    await git(path, ['tag', version])
    releasesOnBranches[name] = {
      commit: commits.at(-1) ?? missing(service, 1),
      version,
      culprit: culprit === undefined ? null : (commits[culprit - 1] ?? missing(service, culprit)),
    }
  }
  await git(path, ['checkout', '--quiet', 'main'])
  return { ...built, releases: { ...built.releases, ...releasesOnBranches } }
}

export async function apply(path: string, patches: readonly string[], nowMs: number): Promise<void> {
  const mails = patches.map((patch) => retimePatch(patch, nowMs)).join('\n')
  await git(path, ['am', '--quiet', '--committer-date-is-author-date'], mails)
}

async function named(service: ServiceName, path: string, releases: Releases): Promise<Repository> {
  const commits = (await git(path, ['rev-list', '--reverse', 'main'])).split('\n')
  const commitOf = (patch: number) => commits[patch - 1] ?? missing(service, patch)
  const { healthy, deployed, culprit } = releases
  await git(path, ['tag', healthy.version, commitOf(healthy.patch)])
  await git(path, ['tag', deployed.version, commitOf(deployed.patch)])
  const culpritCommit = culprit === undefined ? null : commitOf(culprit.patch)
  return {
    service,
    path,
    defaultBranch: 'main',
    commits: {
      healthy: commitOf(healthy.patch),
      deployed: commitOf(deployed.patch),
      culprit: culpritCommit,
    },
    versions: { healthy: healthy.version, deployed: deployed.version },
    releases: {
      healthy: { commit: commitOf(healthy.patch), version: healthy.version, culprit: null },
      deployed: { commit: commitOf(deployed.patch), version: deployed.version, culprit: culpritCommit },
    },
  }
}

export function missing(service: string, patch: number): never {
  throw new CcpError(
    'corrupt',
    `the history of ${service} has no patch ${patch}, which its releases.json names`,
    {
      mend: `Correct demo/shop/history/${service}/releases.json.`,
    },
  )
}

export async function assertAbsent(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  if (!exists) return
  throw new CcpError('conflict', `${path} exists already`, {
    mend: 'Give an empty directory for the repositories.',
  })
}

async function readReleases(service: ServiceName): Promise<Releases> {
  return releasesSchema.parse(
    JSON.parse(await readFile(join(historyDirectory, service, 'releases.json'), 'utf8')),
  )
}

export async function readPatches(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.patch')).sort()
  return Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')))
}

/** Runs git without anything from the user's or the machine's configuration, which could change a commit's id. */
export async function git(directory: string, args: readonly string[], input = ''): Promise<string> {
  const options = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.autocrlf=false', '-c', 'gc.auto=0']
  const env = {
    PATH: process.env['PATH'],
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_COMMITTER_NAME: 'Shop release',
    GIT_COMMITTER_EMAIL: 'release@shop.example',
  }
  const result = await execa('git', [...options, ...args], {
    cwd: directory,
    env,
    extendEnv: false,
    input,
    reject: false,
  })
  if (!result.failed) return result.stdout
  throw new CcpError(
    'internal',
    `git ${args[0]} failed in ${directory}: ${result.stderr || result.shortMessage}`,
    {
      mend: 'The stored patches need git 2.28 or later.',
    },
  )
}
