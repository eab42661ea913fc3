import { execFile } from 'node:child_process'
import { access, constants, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** What has to be shown to the code under test beside `/usr`, so that its language's tools work. All read-only. */
export interface Toolchains {
  readonly directories: readonly string[]
  /** Searched in this order, before the system's own directories. */
  readonly path: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

const SYSTEM = ['/usr/', '/bin/', '/sbin/', '/lib/', '/lib64/']
const PROBE_TIMEOUT_MS = 10_000

const run = promisify(execFile)

/** Finds the interpreters and compilers on the bot's own PATH. What is not installed is left out. */
export async function findToolchains(environment: NodeJS.ProcessEnv = process.env): Promise<Toolchains> {
  const search = (environment.PATH ?? '').split(delimiter).filter((directory) => directory.startsWith('/'))
  const parts = await Promise.all([node(), python(search), go(search), java(search), maven(search)])
  const directories = [...new Set(parts.flatMap((part) => part.directories))]
  return {
    directories: (await Promise.all(directories.map(existing))).filter((path) => path !== null),
    path: [...new Set(parts.flatMap((part) => part.path))],
    environment: Object.assign({}, ...parts.map((part) => part.environment)) as Record<string, string>,
  }
}

const NOTHING: Toolchains = { directories: [], path: [], environment: {} }

/** The Node that runs the bot: it came with npm, and is not under /usr. */
async function node(): Promise<Toolchains> {
  const directory = dirname(await realpath(process.execPath))
  return { directories: outsideSystem([directory]), path: [directory], environment: {} }
}

async function python(search: readonly string[]): Promise<Toolchains> {
  const program = await find('python3', search)
  if (program === null) return NOTHING
  const ask = 'import sys; print(sys.base_prefix); print(sys.prefix)'
  const prefixes = await answerOf(program, ['-I', '-S', '-c', ask])
  const directories = outsideSystem(prefixes)
  return { directories, path: directories.map((prefix) => join(prefix, 'bin')), environment: {} }
}

async function go(search: readonly string[]): Promise<Toolchains> {
  const program = await find('go', search)
  if (program === null) return NOTHING
  const [root, modules] = await answerOf(program, ['env', 'GOROOT', 'GOMODCACHE'])
  if (root === undefined || modules === undefined) return NOTHING
  return {
    directories: [...outsideSystem([root]), modules],
    path: [join(root, 'bin')],
    environment: {
      GOMODCACHE: modules,
      GOFLAGS: '-buildvcs=false',
      GOTOOLCHAIN: 'local',
      GOPROXY: 'off',
      GOTELEMETRY: 'off',
      CGO_ENABLED: '0',
    },
  }
}

async function java(search: readonly string[]): Promise<Toolchains> {
  const program = (await find('javac', search)) ?? (await find('java', search))
  if (program === null) return NOTHING
  const home = dirname(dirname(await realpath(program)))
  return { directories: outsideSystem([home]), path: [join(home, 'bin')], environment: { JAVA_HOME: home } }
}

/** Artifacts that were downloaded before; nothing is downloaded in a sandbox. */
async function maven(search: readonly string[]): Promise<Toolchains> {
  const program = await find('mvn', search)
  if (program === null) return NOTHING
  const home = dirname(dirname(await realpath(program)))
  const repository = join(homedir(), '.m2', 'repository')
  return {
    directories: [...outsideSystem([home]), repository],
    path: outsideSystem([home]).map((directory) => join(directory, 'bin')),
    environment: { MAVEN_OPTS: `-Dmaven.repo.local=${repository}` },
  }
}

async function find(program: string, search: readonly string[]): Promise<string | null> {
  for (const directory of search) {
    const path = join(directory, program)
    if (await isExecutable(path)) return path
  }
  return null
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** A tool that is there but does not work counts as not installed: what needs it will say so. */
async function answerOf(program: string, args: readonly string[]): Promise<readonly string[]> {
  const answer = await run(program, args, { timeout: PROBE_TIMEOUT_MS, cwd: '/' }).catch(() => null)
  return answer === null ? [] : answer.stdout.trim().split('\n')
}

function outsideSystem(directories: readonly string[]): readonly string[] {
  return directories.filter(
    (path) => path.startsWith('/') && !SYSTEM.some((root) => `${path}/`.startsWith(root)),
  )
}

async function existing(path: string): Promise<string | null> {
  return (await isReadable(path)) ? path : null
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}
