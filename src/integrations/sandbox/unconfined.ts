import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Sandbox, SandboxRequest, SandboxRun } from '../../pipeline/gates/ports.ts'
import { runLimited } from './run-limited.ts'
import { findToolchains, type Toolchains } from './toolchains.ts'

const MIB = 1024 * 1024
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'
const CHECKOUT = '/checkout'

export interface UnconfinedOptions {
  /** Why somebody accepts that foreign code runs with the bot's rights; shown in every report. */
  readonly acceptedRisk: string
  readonly dependencies?: readonly { readonly from: string; readonly to: string }[]
}

/**
 * The exception that the settings can name: no confinement, only a copy of the checkout, an empty environment and limits on
 * time, memory, processes and output. The code can read what the bot can read, and reach what it can reach.
 */
export class UnconfinedSandbox implements Sandbox {
  readonly #options: UnconfinedOptions
  #toolchains: Promise<Toolchains> | null = null

  constructor(options: UnconfinedOptions) {
    this.#options = options
  }

  describe(): Promise<string> {
    return Promise.resolve(`none, by configuration: ${this.#options.acceptedRisk}`)
  }

  async run(request: SandboxRequest): Promise<SandboxRun> {
    const scratch = await mkdtemp(join(tmpdir(), 'ccp-unconfined-'))
    try {
      const checkout = join(scratch, 'checkout')
      await cp(request.directory, checkout, { recursive: true, verbatimSymlinks: true })
      await this.#linkDependencies(checkout)
      await mkdir(join(scratch, 'home'))
      const toolchains = await (this.#toolchains ??= findToolchains())
      return await runLimited({
        program: 'prlimit',
        args: [...bounds(request), ...request.command.map((word) => placed(word, checkout))],
        environment: environment(request, toolchains, scratch),
        cwd: join(checkout, request.workingDirectory),
        limits: request.limits,
        ownGroup: true,
      })
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  }

  async #linkDependencies(checkout: string): Promise<void> {
    for (const { from, to } of this.#options.dependencies ?? []) {
      await mkdir(dirname(join(checkout, to)), { recursive: true })
      await symlink(from, join(checkout, to))
    }
  }
}

function bounds({ limits }: SandboxRequest): readonly string[] {
  return [
    `--cpu=${limits.cpuSeconds}`,
    `--data=${limits.memoryMiB * MIB}`,
    `--fsize=${limits.diskMiB * MIB}`,
    '--nofile=4096',
    '--core=0',
  ]
}

function environment(
  request: SandboxRequest,
  toolchains: Toolchains,
  scratch: string,
): Readonly<Record<string, string>> {
  const given = Object.entries(request.environment).map(([name, value]) => [
    name,
    placed(value, join(scratch, 'checkout')),
  ])
  return {
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    PYTHONDONTWRITEBYTECODE: '1',
    ...toolchains.environment,
    ...(Object.fromEntries(given) as Record<string, string>),
    HOME: join(scratch, 'home'),
    TMPDIR: scratch,
    GOCACHE: join(scratch, 'go-build'),
    PATH: [...toolchains.path, SYSTEM_PATH].join(':'),
  }
}

/** Commands speak of the checkout by the place it has in a sandbox. */
function placed(word: string, checkout: string): string {
  return word.replaceAll(CHECKOUT, checkout)
}
