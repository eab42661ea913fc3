import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { CcpError, toCcpError } from '../../pipeline/errors.ts'
import {
  assertClonable,
  assertReachable,
  exists,
  isLocal,
  localPath,
  nameOf,
  remoteFault,
  shortened,
  sourceOf,
} from './clone-source.ts'
import { fetchedAtMs, isWhole, markFetched, removeLeftLock, removeLeftovers } from './clone-state.ts'
import { gitText, runGit } from './git.ts'
import { assertBranchName, resolveCommit } from './revisions.ts'
import type { RepositorySource } from '../../pipeline/services.ts'

export interface CloneOptions {
  /** How long a fetch or a push may take. */
  readonly fetchTimeoutMs?: number
  /** How long the first clone may take. */
  readonly cloneTimeoutMs?: number
  /** How long an older clone waits for its fetch before it is given as it is. */
  readonly patienceMs?: number
  /** A clone fetched less than this ago is not fetched again. */
  readonly freshMs?: number
  readonly nowMs?: () => number
  /** Told of a damaged clone that was made anew, and of tidying that failed. */
  readonly report?: (text: string) => void
}

export interface Clone {
  /** The bare repository; the service's branch is `refs/remotes/origin/<branch>` in it. */
  readonly directory: string
  /** The commit at which the service's branch stood when it was last fetched. */
  readonly head: string
  /** Why it is older than it should be, and from when it is; null where it is not. */
  readonly stale: string | null
}

const BRANCHES = '+refs/heads/*:refs/remotes/origin/*'
const HOUR_MS = 3_600_000
/** Locks that one killed git can have left, more or less. */
const MOST_LOCKS = 10

/**
 * Bare clones of the services' repositories in a cache directory. What the bot writes is in `refs/heads`, what it fetched in
 * `refs/remotes/origin`, so that a fetch never takes a patch away.
 *
 * C1  One git process at a time fetches into a clone or pushes from it; readers need not wait for it.
 * C2  A clone that is there is whole: it is made aside and renamed; one found damaged is replaced the same way.
 * C3  Who asks for a clone that is there gets it within `patienceMs`, whatever the remote does, and is told how old it is.
 */
export class ClonedRepositories {
  readonly #cacheDirectory: string
  readonly #options: Required<CloneOptions>
  readonly #queues = new Map<string, Promise<unknown>>()
  readonly #checked = new Set<string>()
  readonly #fetchedAtMs = new Map<string, number>()
  readonly #failed = new Map<string, { readonly atMs: number; readonly why: string }>()
  readonly #tidiedAtMs = new Map<string, number>()

  constructor(cacheDirectory: string, options: CloneOptions = {}) {
    this.#cacheDirectory = resolve(cacheDirectory)
    this.#options = {
      fetchTimeoutMs: 30_000,
      cloneTimeoutMs: 600_000,
      patienceMs: 2_000,
      freshMs: 0,
      nowMs: Date.now,
      report: () => undefined,
      ...options,
    }
  }

  /**
   * The clone of the service's repository, made if it is not there and fetched if it is not fresh. Where the fetch fails or
   * does not end in time and an older clone exists, that one is given and `stale` says why.
   * Throws CcpError `not-found` (no such repository or branch), `unauthorised`, `unavailable` or `timeout`.
   */
  async open(service: RepositorySource): Promise<Clone> {
    assertClonable(service)
    const directory = this.#directoryOf(service)
    const fetching = this.#alone(directory, () => this.#bringUpToDate(service, directory))
    const why = (await exists(join(directory, 'HEAD')))
      ? await withPatience(fetching, this.#options.patienceMs, `${nameOf(service)} has not answered yet`) // C3
      : await fetching
    const head = await resolveCommit(directory, `refs/remotes/origin/${service.branch}`).catch(() => null)
    if (head !== null)
      return { directory, head, stale: why === null ? null : await this.#asOf(directory, why) }
    throw new CcpError('not-found', `${nameOf(service)} has no branch ${service.branch}`, {
      mend: 'Push the branch, or correct `branch` of the service in services.yaml.',
    })
  }

  async #asOf(directory: string, why: string): Promise<string> {
    const atMs = await fetchedAtMs(directory)
    const when =
      atMs === null ? '' : `, fetched at ${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
    return `${why}; its last known state is used${when}`
  }

  /**
   * Pushes a branch of the clone to where it came from. A branch there is only replaced if it still stands where it was last
   * seen; one that is already there is left alone.
   * Throws CcpError `conflict` where somebody else has moved it.
   */
  async push(service: RepositorySource, branch: string): Promise<void> {
    const directory = this.#directoryOf(service)
    await assertBranchName(directory, branch)
    await this.#alone(directory, () => this.#push(service, directory, branch))
  }

  async #push(service: RepositorySource, directory: string, branch: string): Promise<void> {
    const ref = `refs/heads/${branch}`
    const seen = await gitText(directory, [
      'for-each-ref',
      '--format=%(objectname)',
      `refs/remotes/origin/${branch}`,
    ])
    const lease = `--force-with-lease=${ref}:${seen.trim()}`
    const args = ['push', '--porcelain', '--no-verify', '--no-signed', lease, 'origin', `${ref}:${ref}`]
    const result = await runGit(directory, args, { accept: [1, 128], ...(await this.#network(service)) })
    if (result.exitCode === 0) return
    const said = `${result.stdout.toString('utf8')} ${result.stderr}`
    if (
      /\[(?:remote )?rejected\]|stale info/.test(said) &&
      !(await this.#isThere(service, directory, branch))
    )
      throw new CcpError('conflict', `${nameOf(service)} did not take branch ${branch}: ${shortened(said)}`, {
        mend: 'Look at the branch there; delete it if nobody needs it.',
      })
    if (!/\[(?:remote )?rejected\]|stale info/.test(said)) throw remoteFault(service, said)
  }

  /** A push that was cut off may have arrived: made again it is not a conflict. */
  async #isThere(service: RepositorySource, directory: string, branch: string): Promise<boolean> {
    const ref = `refs/heads/${branch}`
    const remote = await runGit(directory, ['ls-remote', 'origin', ref], {
      accept: [128],
      ...(await this.#network(service)),
    })
    const local = await resolveCommit(directory, ref)
    return remote.stdout.toString('utf8').startsWith(local)
  }

  #directoryOf(service: RepositorySource): string {
    return cloneDirectory(this.#cacheDirectory, service)
  }

  async #alone<T>(directory: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(directory) ?? Promise.resolve()
    // The one before has told its own caller of its failure.
    const mine = before.then(work, work)
    this.#queues.set(directory, mine)
    try {
      return await mine
    } finally {
      if (this.#queues.get(directory) === mine) this.#queues.delete(directory)
    }
  }

  /** Null, or why the clone stays as it was. */
  async #bringUpToDate(service: RepositorySource, directory: string): Promise<string | null> {
    const { freshMs } = this.#options
    const nowMs = this.#options.nowMs()
    const isCloned = await exists(join(directory, 'HEAD'))
    if (!isCloned || (await this.#isDamaged(service, directory))) return this.#make(service, directory)
    if (nowMs - (this.#fetchedAtMs.get(directory) ?? Number.NEGATIVE_INFINITY) < freshMs) return null
    const before = this.#failed.get(directory)
    // What has just failed is not waited for again: the next stage would lose as much time.
    if (before !== undefined && nowMs - before.atMs < freshMs) return before.why
    return this.#update(service, directory)
  }

  /** Looked at once for each clone: what breaks later is seen where a fetch fails. */
  async #isDamaged(service: RepositorySource, directory: string): Promise<boolean> {
    if (this.#checked.has(directory)) return false
    this.#checked.add(directory)
    return !(await isWhole(directory, service.branch))
  }

  async #make(service: RepositorySource, directory: string): Promise<string | null> {
    const isDamaged = await exists(directory)
    try {
      await assertReachable(service)
      await this.#clone(service, directory)
    } catch (thrown) {
      const why = toCcpError(thrown)
      if (!isDamaged) throw why
      return `the clone of ${nameOf(service)} is damaged and cannot be made anew: ${why.message}`
    }
    if (isDamaged) this.#options.report(`the clone of ${nameOf(service)} was damaged and has been made anew`)
    return this.#wasFetched(directory)
  }

  async #update(service: RepositorySource, directory: string): Promise<string | null> {
    const failure = await this.#reach(service, directory).catch((thrown: unknown) => toCcpError(thrown))
    if (!(failure instanceof CcpError)) {
      void this.#tidy(service, directory)
      return this.#wasFetched(directory)
    }
    if (!(await isWhole(directory, service.branch))) return this.#make(service, directory)
    this.#failed.set(directory, { atMs: this.#options.nowMs(), why: failure.message })
    return failure.message
  }

  async #reach(service: RepositorySource, directory: string): Promise<void> {
    await assertReachable(service)
    await this.#fetch(service, directory)
  }

  async #wasFetched(directory: string): Promise<null> {
    this.#fetchedAtMs.set(directory, this.#options.nowMs())
    this.#failed.delete(directory)
    await markFetched(directory)
    return null
  }

  /** Made aside and renamed into place (C2); the branches that the bot has made in a damaged one are carried over. */
  async #clone(service: RepositorySource, directory: string): Promise<void> {
    const { cloneTimeoutMs: timeoutMs } = this.#options
    await mkdir(this.#cacheDirectory, { recursive: true })
    await removeLeftovers(directory, timeoutMs)
    const scratch = `${directory}.${randomUUID()}.tmp`
    try {
      await runGit(this.#cacheDirectory, ['init', '--quiet', '--bare', '--template=', scratch])
      for (const [name, value] of [
        ['remote.origin.url', sourceOf(service)],
        ['remote.origin.fetch', BRANCHES],
      ] as const)
        await runGit(scratch, ['config', name, value])
      await this.#fetch(service, scratch, timeoutMs)
      // Which commits touched a path is then looked up instead of walked for: 50,000 commits in 50 instead of 650 ms.
      const graph = ['commit-graph', 'write', '--reachable', '--changed-paths', '--no-progress']
      await runGit(scratch, graph, { timeoutMs, accept: [1, 128] })
      await this.#place(scratch, directory)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  }

  async #place(scratch: string, directory: string): Promise<void> {
    if (await exists(directory)) {
      await this.#carryBranches(directory, scratch)
      const aside = `${directory}.${randomUUID()}.tmp`
      await rename(directory, aside)
      await rm(aside, { recursive: true, force: true })
    }
    await rename(scratch, directory)
  }

  /** One by one: what cannot be read of one branch must not cost the others. */
  async #carryBranches(damaged: string, scratch: string): Promise<void> {
    const any = { accept: [1, 128, 129] }
    const listed = await runGit(damaged, ['for-each-ref', '--format=%(refname)', 'refs/heads'], any)
    const globalConfig = await this.#trusting(scratch, [damaged])
    for (const ref of listed.stdout
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')) {
      const args = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', damaged, `+${ref}:${ref}`]
      const carried = await runGit(scratch, args, { ...any, globalConfig })
      if (carried.exitCode !== 0)
        this.#options.report(`${ref} of a damaged clone could not be saved: ${shortened(carried.stderr)}`)
    }
    await rm(globalConfig, { force: true })
  }

  async #fetch(
    service: RepositorySource,
    directory: string,
    timeoutMs = this.#options.fetchTimeoutMs,
  ): Promise<void> {
    // What is new is put into the index of commits and their paths as well: it would grow out of it.
    const settings = ['-c', 'fetch.writeCommitGraph=true']
    const form = ['--quiet', '--prune', '--no-recurse-submodules', '--no-write-fetch-head', 'origin']
    for (let locks = 0; ; locks += 1) {
      const options = { accept: [1, 128], ...(await this.#network(service)), timeoutMs }
      const result = await runGit(directory, [...settings, 'fetch', ...form], options)
      if (result.exitCode === 0) return
      const isUnlocked = await removeLeftLock(directory, result.stderr, this.#options.fetchTimeoutMs)
      if (!isUnlocked || locks >= MOST_LOCKS) throw remoteFault(service, result.stderr)
    }
  }

  /** Each fetch may leave a pack: they are put together once there are many, beside what else happens. */
  async #tidy(service: RepositorySource, directory: string): Promise<void> {
    const nowMs = this.#options.nowMs()
    if (nowMs - (this.#tidiedAtMs.get(directory) ?? Number.NEGATIVE_INFINITY) < HOUR_MS) return
    this.#tidiedAtMs.set(directory, nowMs)
    const settings = [
      'gc.auto=5000',
      'gc.autoPackLimit=50',
      'gc.autoDetach=false',
      'gc.writeCommitGraph=false',
    ]
    const args = [...settings.flatMap((setting) => ['-c', setting]), 'gc', '--auto', '--quiet']
    await runGit(directory, args, { timeoutMs: HOUR_MS }).catch((thrown: unknown) =>
      this.#options.report(`the clone of ${nameOf(service)} cannot be tidied: ${toCcpError(thrown).message}`),
    )
  }

  /**
   * The process that git starts at the other end of a local path does not see this one's options, so the directory is
   * named as trusted in a configuration file: services.yaml chose it, whoever owns it.
   */
  async #network(service: RepositorySource): Promise<{ timeoutMs: number; globalConfig?: string }> {
    const timeoutMs = this.#options.fetchTimeoutMs
    if (!isLocal(service.repository)) return { timeoutMs }
    await mkdir(this.#cacheDirectory, { recursive: true })
    const source = localPath(service.repository)
    return {
      timeoutMs,
      globalConfig: await this.#trusting(this.#directoryOf(service), [source, join(source, '.git')]),
    }
  }

  async #trusting(clone: string, paths: readonly string[]): Promise<string> {
    const globalConfig = join(this.#cacheDirectory, `${basename(clone)}.gitconfig`)
    const quoted = paths.map((path) => `\tdirectory = ${JSON.stringify(path)}\n`).join('')
    await writeFile(globalConfig, `[safe]\n${quoted}`)
    return globalConfig
  }
}

/** Where in the cache directory the clone of the service's repository is, or would be. */
export function cloneDirectory(
  cacheDirectory: string,
  service: Pick<RepositorySource, 'repository'>,
): string {
  const hash = createHash('sha256').update(service.repository).digest('hex').slice(0, 12)
  const name = basename(service.repository)
    .replace(/\.git$/, '')
    .replace(/[^\w.-]/g, '_')
  return join(cacheDirectory, `${name}-${hash}.git`)
}

/** What `work` comes to; `otherwise` where that takes longer than `ms`. It goes on, and whoever waits next hears of it. */
async function withPatience(
  work: Promise<string | null>,
  ms: number,
  otherwise: string,
): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ms)
  })
  // A failure after that is told to whoever asks next: the fetch is then made again.
  work.catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
