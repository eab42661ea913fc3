import { execFile } from 'node:child_process'
import { lstat, readlink } from 'node:fs/promises'
import { randomInt } from 'node:crypto'
import { promisify } from 'node:util'
import type { Sandbox, SandboxRequest, SandboxRun } from '../../pipeline/gates/ports.ts'
import { runLimited } from './run-limited.ts'
import { findToolchains, type Toolchains } from './toolchains.ts'

/**
 * S1  The code under test sees the system's programs read-only, its own copy of the checkout, and nothing else of the host:
 *     no home, no configuration, no database, no environment but what is listed.
 * S2  It has no network but a loopback of its own.
 * S3  All that it can write is memory file systems of bounded size, so that no write reaches a disk or fills one.
 * S4  Its user id belongs to no one else, so that the kernel's count of processes is of this run alone, also when the bot
 *     is root, for whom there is no such limit.
 * S5  It ends with the bot, and its processes end with it: they live in a process namespace of their own.
 */

const run = promisify(execFile)
const CHECKOUT = '/checkout'
const SOURCE = '/source'
const GO_CACHE = '/tmp/go-build'
const PROBE_TIMEOUT_MS = 10_000
const MIB = 1024 * 1024
/** Ids that no package and no container runtime hands out. */
const USER_IDS = [1_800_000_000, 1_900_000_000] as const

export interface BubblewrapOptions {
  /** Directories shown read-only at the same place inside the checkout: dependencies that are not in git. */
  readonly dependencies?: readonly { readonly from: string; readonly to: string }[]
  /** Shown to runs of Go. */
  readonly goBuildCache?: { directory(): Promise<string | null> }
  readonly isRoot?: boolean
  /** Name or path of bubblewrap. */
  readonly program?: string
}

export const BUBBLEWRAP_MEND =
  'install bubblewrap (`apt-get install bubblewrap`) and allow it namespaces, or name the exception `sandbox: { kind: none, acceptedRisk: ... }` in safety-gates.yaml'

/** Runs foreign code in bubblewrap. */
export class BubblewrapSandbox implements Sandbox {
  readonly #options: BubblewrapOptions
  readonly #isRoot: boolean
  readonly #program: string
  #toolchains: Promise<Toolchains> | null = null
  #probe: Promise<{ version: string } | { reason: string }> | null = null

  constructor(options: BubblewrapOptions = {}) {
    this.#options = options
    this.#isRoot = options.isRoot ?? process.getuid?.() === 0
    this.#program = options.program ?? 'bwrap'
  }

  async describe(): Promise<string> {
    const probe = await this.#probed()
    return 'version' in probe ? `bubblewrap ${probe.version}` : `none: ${probe.reason}`
  }

  async run(request: SandboxRequest): Promise<SandboxRun> {
    const probe = await this.#probed()
    if ('reason' in probe) return { kind: 'unavailable', reason: probe.reason, mend: BUBBLEWRAP_MEND }
    const toolchains = await (this.#toolchains ??= findToolchains())
    const shown = await this.#shown(request, toolchains)
    const args = [
      ...(await this.#confinement(request, toolchains, shown.directories)),
      '/bin/sh',
      '-c',
      startScript(shown, [...shown.directories.filter(isInTmp), ...this.#dependencies().map(({ at }) => at)]),
      'sh',
      ...this.#launch(request),
      ...request.command,
    ]
    const result = await runLimited({
      program: this.#program,
      args,
      environment: { PATH: SYSTEM_PATH },
      cwd: '/',
      limits: request.limits,
      ownGroup: false,
    })
    return asDiskStop(result, request)
  }

  /** Having the program is not enough: a container may forbid namespaces. Asked once, asked again after a failure. */
  async #probed(): Promise<{ version: string } | { reason: string }> {
    this.#probe ??= probe(this.#program, this.#isRoot)
    const answer = await this.#probe
    if ('reason' in answer) this.#probe = null
    return answer
  }

  async #shown(request: SandboxRequest, toolchains: Toolchains): Promise<Shown> {
    const goCache = await this.#goCache(request)
    return { directories: [...toolchains.directories, ...(goCache === null ? [] : [goCache])], goCache }
  }

  #dependencies(): readonly { readonly from: string; readonly at: string }[] {
    return (this.#options.dependencies ?? []).map(({ from, to }) => ({ from, at: `${CHECKOUT}/${to}` }))
  }

  async #confinement(
    request: SandboxRequest,
    toolchains: Toolchains,
    directories: readonly string[],
  ): Promise<readonly string[]> {
    const { limits } = request
    const disk = String(limits.diskMiB * MIB)
    const etc = ETC.map((name) => `/etc/${name}`)
    return [
      ...(this.#isRoot ? PRIVILEGED : ['--unshare-user', '--uid', '1000', '--gid', '1000']),
      ...['--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'], // S2
      ...['--die-with-parent', '--new-session', '--hostname', 'sandbox', '--clearenv'], // S5
      ...passable(above([...directories, ...etc]).filter((path) => !isMounted(path))),
      ...(await systemDirectories()),
      ...['--proc', '/proc', '--dev', '/dev', '--size', disk, '--tmpfs', '/dev/shm'],
      ...['--size', disk, '--tmpfs', '/tmp', '--size', disk, '--tmpfs', CHECKOUT], // S3
      ...passable(above(directories).filter(isInTmp)),
      ...directories.flatMap((path) => ['--ro-bind', path, path]),
      ...['--ro-bind', request.directory, SOURCE],
      ...this.#dependencies().flatMap(({ from, at }) => ['--ro-bind', from, at]),
      ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', CHECKOUT],
      ...variables(this.#environment(request, toolchains)),
    ]
  }

  /** Built at the first run of Go; other languages do not wait for it. */
  async #goCache({ command }: SandboxRequest): Promise<string | null> {
    const usesGo =
      command.some((word) => /(?:^|[\s/'])go['\s]+(?:test|vet|build|run)\b/.test(word)) || command[0] === 'go'
    return usesGo ? ((await this.#options.goBuildCache?.directory()) ?? null) : null
  }

  #environment(request: SandboxRequest, toolchains: Toolchains): Readonly<Record<string, string>> {
    const binaries = (this.#options.dependencies ?? []).flatMap(({ to }) =>
      /\.?venv$/.test(to) ? [`${CHECKOUT}/${to}/bin`] : [],
    )
    return {
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      PYTHONDONTWRITEBYTECODE: '1',
      GOCACHE: GO_CACHE,
      ...toolchains.environment,
      ...request.environment,
      HOME: '/tmp/home',
      TMPDIR: '/tmp',
      PATH: [...binaries, ...toolchains.path, SYSTEM_PATH].join(':'),
    }
  }

  /** The arguments of the start script: user id or 0, working directory, then the program that sets the limits. */
  #launch({ limits, workingDirectory }: SandboxRequest): readonly string[] {
    const user = this.#isRoot ? randomInt(...USER_IDS) : 0 // S4
    const bounds = [
      `--nproc=${limits.processes}`,
      `--cpu=${limits.cpuSeconds}`,
      `--data=${limits.memoryMiB * MIB}`,
      `--fsize=${limits.diskMiB * MIB}`,
      '--nofile=4096',
      '--core=0',
    ]
    const drop = [
      'setpriv',
      `--reuid=${user}`,
      `--regid=${user}`,
      '--clear-groups',
      '--bounding-set=-all',
      '--inh-caps=-all',
    ]
    return [
      String(user),
      workingDirectory === '' ? '.' : workingDirectory,
      ...(user === 0 ? [] : [...drop, '--no-new-privs']),
      'prlimit',
      ...bounds,
    ]
  }
}

/** What the run sees beside the system's programs and its own copy. */
interface Shown {
  readonly directories: readonly string[]
  readonly goCache: string | null
}

/**
 * Copies the checkout into the sandbox, gives it to the run's user, and becomes the command. What is mounted read-only
 * among it keeps its owner.
 */
function startScript({ goCache }: Shown, mounted: readonly string[]): string {
  const skipped = mounted.map((path) => `-samefile ${quoted(path)} -prune -o`).join(' ')
  return `user=$1; place=$2; shift 2
cp -RP /source/. /checkout/ && mkdir -p /tmp/home || exit 125
${goCache === null ? '' : linkGoCache(goCache)}
if [ "$user" != 0 ]; then
  find /checkout /tmp /dev/shm -xdev ${skipped} -exec chown -h "$user:$user" {} + || exit 125
fi
cd "/checkout/$place" || exit 125
exec "$@"`
}

/**
 * Go wants to write to its cache, and fails where it cannot: it gets one of its own that begins with links to what is
 * compiled already, and a note that it was cleaned just now, so that it does not drop old ones. A cache less is only slower.
 */
function linkGoCache(goCache: string): string {
  return `cp -RsP ${quoted(goCache)} ${GO_CACHE} && rm -f ${GO_CACHE}/trim.txt && date +%s > ${GO_CACHE}/trim.txt`
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`
}

const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'

/** What is needed to hand the copy over and to become another user, and no more. */
const PRIVILEGED = [
  ...['--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID'],
  ...['--cap-add', 'CAP_CHOWN', '--cap-add', 'CAP_SETPCAP', '--cap-add', 'CAP_FOWNER'],
]

/** Parts of /etc that programs need to start, none of which holds a secret. */
const ETC = [
  'alternatives',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'nsswitch.conf',
  'passwd',
  'group',
  'hosts',
  'protocols',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'ca-certificates',
  'maven',
  'java-17-openjdk',
  'java-21-openjdk',
  'java-25-openjdk',
  'java-11-openjdk',
]

async function systemDirectories(): Promise<readonly string[]> {
  const roots = await Promise.all(['/bin', '/sbin', '/lib', '/lib32', '/lib64'].map(rootEntry))
  return [
    '--ro-bind',
    '/usr',
    '/usr',
    ...roots.flat(),
    ...ETC.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
  ]
}

/** bubblewrap makes the folders above a mount for their owner alone, who is not the run's user: they are made before it. */
function passable(folders: readonly string[]): readonly string[] {
  return folders.flatMap((path) => ['--perms', '0755', '--dir', path])
}

function above(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((path) => ancestors(path)))]
}

function isInTmp(path: string): boolean {
  return path.startsWith('/tmp/')
}

/** Where something is mounted whole: a folder made there before would be hidden by it. */
function isMounted(path: string): boolean {
  return /^\/(usr|tmp|checkout)(\/|$)/.test(path)
}

/** Outermost first, the root left out. */
function ancestors(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, depth) => `/${parts.slice(0, depth + 1).join('/')}`)
}

/** On merged systems these are links into /usr. */
async function rootEntry(path: string): Promise<readonly string[]> {
  const entry = await lstat(path).catch(() => null)
  if (entry === null) return []
  return entry.isSymbolicLink() ? ['--symlink', await readlink(path), path] : ['--ro-bind', path, path]
}

function variables(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value])
}

async function probe(program: string, isRoot: boolean): Promise<{ version: string } | { reason: string }> {
  const options = { timeout: PROBE_TIMEOUT_MS, env: { PATH: SYSTEM_PATH, LC_ALL: 'C' } }
  try {
    const { stdout } = await run(program, ['--version'], options)
    const user = isRoot ? [] : ['--unshare-user']
    const tools = 'command -v prlimit >/dev/null && command -v setpriv >/dev/null'
    await run(
      program,
      [
        ...user,
        '--unshare-pid',
        '--unshare-net',
        '--ro-bind',
        '/',
        '/',
        '--dev',
        '/dev',
        '/bin/sh',
        '-c',
        tools,
      ],
      options,
    )
    return { version: stdout.replace(/^bubblewrap\s*/, '').trim() }
  } catch (thrown) {
    const { code, stderr } = thrown as { code?: unknown; stderr?: string }
    if (code === 'ENOENT') return { reason: 'bubblewrap is not installed' }
    return {
      reason: `bubblewrap does not work here (${(stderr ?? String(thrown)).trim().slice(0, 200) || 'prlimit or setpriv is missing'})`,
    }
  }
}

/** A full memory file system shows as an error of the command: the limit is named, so that nobody looks for a fault in it. */
function asDiskStop(result: SandboxRun, { limits }: SandboxRequest): SandboxRun {
  if (result.kind !== 'exited' || result.exitCode === 0) return result
  const said = `${result.stdout.slice(-4000)}${result.stderr.slice(-4000)}`
  const isFull =
    /No space left on device|ENOSPC|File size limit exceeded|File too large|EFBIG/.test(said) ||
    result.exitCode === 128 + 25
  if (!isFull) return result
  const { stdout, stderr, durationMs } = result
  return {
    kind: 'stopped',
    by: 'disk',
    detail: `it wrote more than ${limits.diskMiB} MiB`,
    stdout,
    stderr,
    durationMs,
  }
}
