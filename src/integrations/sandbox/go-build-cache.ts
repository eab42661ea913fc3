import { execFile } from 'node:child_process'
import { access, chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const BUILD_TIMEOUT_MS = 300_000
/** What services are mostly made of; anything else of the standard library is compiled in the run that needs it. */
const PACKAGES = [
  ...[
    'bufio',
    'bytes',
    'context',
    'crypto/hmac',
    'crypto/rand',
    'crypto/sha256',
    'crypto/tls',
    'database/sql',
  ],
  ...[
    'embed',
    'encoding/base64',
    'encoding/csv',
    'encoding/hex',
    'encoding/json',
    'errors',
    'expvar',
    'flag',
    'fmt',
  ],
  ...[
    'html/template',
    'io/fs',
    'log/slog',
    'log',
    'maps',
    'math/big',
    'math/rand',
    'net/http',
    'net/http/httptest',
  ],
  ...[
    'net/http/pprof',
    'net/mail',
    'net/url',
    'os/exec',
    'os/signal',
    'path/filepath',
    'regexp',
    'runtime/debug',
  ],
  ...[
    'slices',
    'sort',
    'strconv',
    'strings',
    'sync/atomic',
    'testing',
    'testing/fstest',
    'text/template',
    'time',
  ],
]

/**
 * The compiled standard library, made once for each version of Go from the standard library alone, and shown read-only: so
 * that a run does not compile it again, and code under test cannot leave anything for the next.
 */
export class GoBuildCache {
  readonly #root: string
  #ready: Promise<string | null> | null = null

  constructor(root: string = join(homedir(), '.cache', 'ccp')) {
    this.#root = root
  }

  /** Its directory; null where there is no Go, or it could not be built: Go then compiles what it needs. */
  directory(): Promise<string | null> {
    this.#ready ??= build(this.#root).catch(() => null)
    return this.#ready
  }
}

async function build(root: string): Promise<string | null> {
  const version = await run('go', ['env', 'GOVERSION'], { cwd: '/', timeout: 10_000 }).catch(() => null)
  if (version === null) return null
  const directory = join(root, `go-std-${version.stdout.trim().replace(/[^\w.-]/g, '_')}`)
  if (await exists(directory)) return directory
  await mkdir(root, { recursive: true })
  const scratch = await mkdtemp(join(root, 'building-'))
  const module = await mkdtemp(join(tmpdir(), 'ccp-go-'))
  try {
    await compile(module, scratch)
    // It is shown to users of the sandbox, who are not its owner.
    await chmod(scratch, 0o755)
    // Another process may have been faster: its cache is as good.
    await rename(scratch, directory).catch(() => undefined)
  } finally {
    await Promise.all([scratch, module].map((path) => rm(path, { recursive: true, force: true })))
  }
  return (await exists(directory)) ? directory : null
}

/** Vet wants export data, tests want object files: both are asked for, as the sandbox asks for them. */
async function compile(module: string, cache: string): Promise<void> {
  const imports = PACKAGES.map((name) => `import _ "${name}"\n`).join('')
  await writeFile(join(module, 'go.mod'), 'module warm\n\ngo 1.18\n')
  await writeFile(join(module, 'warm.go'), `package warm\n\n${imports}`)
  await writeFile(
    join(module, 'warm_test.go'),
    'package warm\n\nimport "testing"\n\nfunc TestNothing(t *testing.T) {}\n',
  )
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: module,
    GOCACHE: cache,
    CGO_ENABLED: '0',
    GOTOOLCHAIN: 'local',
    GOPROXY: 'off',
    GOFLAGS: '-buildvcs=false',
  }
  for (const args of [
    ['test', './...'],
    ['vet', './...'],
  ]) {
    // Mostly built ahead: what runs meanwhile goes first.
    await run('nice', ['-n', '10', 'go', ...args], { cwd: module, env, timeout: BUILD_TIMEOUT_MS })
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
