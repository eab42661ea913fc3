import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { CcpError } from '../../pipeline/errors.ts'

export interface GitOptions {
  readonly timeoutMs?: number
  readonly maxBytes?: number
  /** Written to standard input. */
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Exit codes that are an answer rather than a fault. */
  readonly accept?: readonly number[]
  /** File that stands in for the user's git configuration. */
  readonly globalConfig?: string
  readonly signal?: AbortSignal
}

export interface GitResult {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: string
}

const DEFAULT_TIMEOUT_MS = 20_000
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024
/** An empty file: git then uses no hooks directory, and reads no configuration but the repository's own. */
const NOTHING = '/dev/null'

/** What a repository's own configuration could make git run, switched off. */
const HARDENING = [
  ['core.hooksPath', NOTHING],
  ['core.fsmonitor', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.attributesFile', NOTHING],
  ['core.quotePath', 'false'],
  ['core.logAllRefUpdates', 'false'],
  ['commit.gpgSign', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['protocol.ext.allow', 'never'],
  ['protocol.fd.allow', 'never'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['log.showSignature', 'false'],
  ['diff.external', ''],
  ['blame.ignoreRevsFile', ''],
].flatMap(([name, value]) => ['-c', `${name}=${value}`])

/**
 * Runs git, and nothing else, without a shell, in one directory: no hooks, no helper of the user's configuration, no
 * prompt, no submodules, a deadline and a bound on the output.
 *
 * Throws CcpError: `unavailable` where git is missing, `timeout`, `bad-input` where the output is too large, `internal`
 * for any other exit code than 0 and those accepted.
 */
export async function runGit(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitResult> {
  // A person or the configuration named this directory, so its owner does not matter: nothing of it is run.
  const all = [...HARDENING, '-c', `safe.directory=${directory}`, '--literal-pathspecs', ...args]
  const result = await spawnGit(directory, all, options)
  if (result.exitCode === 0 || options.accept?.includes(result.exitCode)) return result
  throw new CcpError('internal', `git ${args[0] ?? ''} failed in ${directory}: ${lastLines(result.stderr)}`)
}

/** The standard output as text. */
export async function gitText(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  return (await runGit(directory, args, options)).stdout.toString('utf8')
}

function spawnGit(cwd: string, args: readonly string[], options: GitOptions): Promise<GitResult> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const settings = {
    cwd,
    env: environment(options),
    timeout: timeoutMs,
    killSignal: 'SIGKILL' as const,
    maxBuffer: options.maxBytes ?? DEFAULT_MAX_BYTES,
    encoding: 'buffer' as const,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }
  return new Promise((resolve, reject) => {
    const child = execFile('git', args, settings, (error, stdout, stderr) => {
      const answer = { stdout, stderr: withoutCredentials(stderr.toString('utf8')) }
      if (error === null) resolve({ exitCode: 0, ...answer })
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, ...answer })
      else reject(faultOf(error, cwd, timeoutMs))
    })
    // Git may end before it has read everything: its exit code tells more than a broken pipe.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input ?? '')
  })
}

function environment(options: GitOptions): NodeJS.ProcessEnv {
  const kept = [
    'PATH',
    'HOME',
    'SSH_AUTH_SOCK',
    'SSL_CERT_FILE',
    'HTTPS_PROXY',
    'https_proxy',
    'NO_PROXY',
    'no_proxy',
  ]
  const inherited = Object.fromEntries(kept.map((name) => [name, process.env[name]]))
  return {
    ...inherited,
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_GLOBAL: options.globalConfig ?? NOTHING,
    GIT_CONFIG_SYSTEM: NOTHING,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'false',
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oConnectTimeout=10',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_PAGER: 'cat',
    GIT_EDITOR: 'false',
    ...options.environment,
  }
}

function faultOf(
  error: Error & { code?: unknown; killed?: boolean },
  cwd: string,
  timeoutMs: number,
): CcpError {
  if (error.name === 'AbortError')
    return new CcpError('timeout', `git in ${cwd} was called off`, { cause: error })
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return new CcpError('bad-input', `git in ${cwd} answers more than can be read`, { cause: error })
  if (error.killed === true)
    return new CcpError('timeout', `git in ${cwd} took longer than ${timeoutMs} ms`, { cause: error })
  // The system reports a missing directory as if the program were missing.
  if (error.code === 'ENOENT' && !existsSync(cwd))
    return new CcpError('not-found', `there is no directory ${cwd}`, {
      mend: 'Correct the path of the repository, or clone it there.',
      cause: error,
    })
  return new CcpError('unavailable', `git cannot be run in ${cwd}: ${error.message}`, {
    retryable: false,
    mend: 'Install git 2.38 or later and see that the directory exists.',
    cause: error,
  })
}

/** A URL may carry a password: it never reaches a message. */
export function withoutCredentials(text: string): string {
  return text.replace(/:\/\/[^\s/@]{1,400}@/g, '://[redacted]@')
}

function lastLines(stderr: string): string {
  const lines = stderr.trim().split('\n')
  return lines.slice(-3).join(' / ').slice(0, 600) || 'no message'
}
