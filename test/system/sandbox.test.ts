import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { gatesCommand, openTools } from '../../src/commands/gates.ts'
import { loadSettings } from '../../src/config/load.ts'
import { BubblewrapSandbox } from '../../src/integrations/sandbox/bubblewrap.ts'
import { GoBuildCache } from '../../src/integrations/sandbox/go-build-cache.ts'
import { UnconfinedSandbox } from '../../src/integrations/sandbox/unconfined.ts'
import type { GateReport } from '../../src/pipeline/contracts.ts'
import type { SandboxLimits, SandboxRun } from '../../src/pipeline/gates/ports.ts'
import { describeWith } from '../support/needs.ts'
import { SampleRepository, type Files } from '../support/sample-repositories.ts'
import { PYTHON } from '../support/sample-services.ts'

/** What code under test can do to the machine that runs the bot: nothing, and not for long. */

const LIMITS: SandboxLimits = {
  wallMs: 20_000,
  cpuSeconds: 15,
  processes: 64,
  memoryMiB: 1024,
  diskMiB: 32,
  outputKiB: 512,
}
/** To start and to be cleared away, on a busy machine. */
const SLACK_MS = 10_000

let scratch: string
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ccp-sandbox-test-'))
})
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

const sandbox = new BubblewrapSandbox()

async function run(
  command: readonly string[],
  {
    files = {},
    limits = {},
    within = sandbox,
  }: { files?: Files; limits?: Partial<SandboxLimits>; within?: BubblewrapSandbox } = {},
): Promise<SandboxRun> {
  const directory = mkdtempSync(join(scratch, 'checkout-'))
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text ?? '')
  const request = { directory, workingDirectory: '', environment: {}, limits: { ...LIMITS, ...limits } }
  return within.run({ ...request, command })
}

const sh = (script: string, limits: Partial<SandboxLimits> = {}) => run(['sh', '-c', script], { limits })

function said(result: SandboxRun): string {
  return result.kind === 'unavailable' ? result.reason : `${result.stdout}\n${result.stderr}`
}

function durationOf(result: SandboxRun): number {
  return result.kind === 'unavailable' ? Number.NaN : result.durationMs
}

/** Processes of the machine whose command line holds the text. */
function processesWith(text: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || !existsSync(`/proc/${pid}/cmdline`)) return false
    return commandLineOf(pid).includes(text)
  })
}

/** Empty for a process that has ended meanwhile. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch (thrown) {
    if (['ENOENT', 'ESRCH'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return ''
    throw thrown
  }
}

describeWith(['bubblewrap'], 'code under test reaches', () => {
  test('what it is shown, also where that lies under /tmp', async () => {
    const cache = join(scratch, 'cache')
    mkdirSync(cache)
    chmodSync(cache, 0o755)
    writeFileSync(join(cache, 'entry'), 'built before\n')
    const shows = new BubblewrapSandbox({ goBuildCache: { directory: () => Promise.resolve(cache) } })
    const directory = mkdtempSync(join(scratch, 'checkout-'))
    const command = ['sh', '-c', ': go build; cat "$GOCACHE/entry"']
    const result = await shows.run({
      directory,
      workingDirectory: '',
      environment: {},
      limits: LIMITS,
      command,
    })
    expect(result).toMatchObject({ kind: 'exited', exitCode: 0, stdout: 'built before\n' })
  })

  test('dependencies that are not in git, inside its own copy, and cannot change them', async () => {
    const from = join(scratch, "it's a dependency")
    mkdirSync(from)
    chmodSync(from, 0o755)
    writeFileSync(join(from, 'version'), '1\n')
    const shows = new BubblewrapSandbox({ dependencies: [{ from, to: 'node_modules' }] })
    const directory = mkdtempSync(join(scratch, 'checkout-'))
    const command = ['sh', '-c', 'echo 2 > node_modules/version; touch mine && cat node_modules/version']
    const result = await shows.run({
      directory,
      workingDirectory: '',
      environment: {},
      limits: LIMITS,
      command,
    })
    expect(result).toMatchObject({ kind: 'exited', exitCode: 0, stdout: '1\n' })
  })
})

describeWith(['bubblewrap'], 'code under test cannot reach', () => {
  test('a secret in the environment of the bot, or of another process of its user', async () => {
    process.env['CCP_SANDBOX_TEST_TOKEN'] = 'hidden-4711'
    const bystander = spawn('sleep', ['60'], { env: process.env, stdio: 'ignore' })
    try {
      const result = await sh('env; cat /proc/*/environ')
      expect(said(result)).toContain('HOME=/tmp/home')
      expect(said(result)).not.toContain('hidden-4711')
    } finally {
      bystander.kill('SIGKILL')
      delete process.env['CCP_SANDBOX_TEST_TOKEN']
    }
  })

  test('the password hashes of the system', async () => {
    const result = await sh('cat /etc/shadow /etc/gshadow')
    expect(result).toMatchObject({ kind: 'exited', stdout: '' })
    expect(result).not.toMatchObject({ exitCode: 0 })
  })

  test('a database of the bot, though everybody on the machine may read and write it', async () => {
    const path = join(scratch, 'journal.sqlite')
    writeFileSync(path, 'audit-rows')
    chmodSync(path, 0o666)
    const result = await sh(`cat ${path}; echo changed > ${path}; rm -f ${path}; ls -la ${scratch}`)
    expect(said(result)).not.toContain('audit-rows')
    expect(readFileSync(path, 'utf8')).toBe('audit-rows')
  })

  test("the bot's own sources and the homes of people", async () => {
    const result = await sh(`cat ${fileURLToPath(import.meta.url)}; ls -A /home; echo end`)
    expect(result).toMatchObject({ kind: 'exited', stdout: 'end\n' })
  })

  test("a place to write to outside of its own copy, and the base's checkout behind it", async () => {
    const result = await sh(
      'for d in /usr /etc /source /var /root /; do echo x > $d/ccp-probe && echo wrote $d; done',
    )
    expect(said(result)).not.toContain('wrote')
    expect(existsSync('/usr/ccp-probe')).toBe(false)
  })

  describe('the network', () => {
    let server: Server
    let visits = 0
    const listen = (one: Server, where: { host?: string; port?: number; path?: string }) =>
      new Promise<void>((resolve) => one.listen(where, resolve))
    const onVisit = () => void (visits += 1)
    const abstract = `\0ccp-sandbox-${process.pid}`
    const hidden = createServer(onVisit)
    beforeAll(async () => {
      server = createServer(onVisit)
      await listen(server, { host: '127.0.0.1', port: 0 })
      await listen(hidden, { path: abstract })
    })
    afterAll(() => {
      server.close()
      hidden.close()
    })

    const knock = (where: string) =>
      `const s = require('node:net').connect(${where}); s.on('connect', () => { console.log('reached'); process.exit(0) }); s.on('error', (e) => { console.log('refused ' + e.code); process.exit(3) })`

    test.each([
      ["the host's loopback", () => `{ host: '127.0.0.1', port: ${portOf(server)} }`],
      ['a socket of the host that has no file', () => `{ path: ${JSON.stringify(abstract)} }`],
      ['an address of the internet', () => `{ host: '192.0.2.1', port: 443 }`],
    ])('%s', async (_, where) => {
      const result = await run(['node', '-e', knock(where())])
      expect(result).toMatchObject({ kind: 'exited', exitCode: 3 })
      expect(visits).toBe(0)
    })

    test('but its own loopback works, for tests that start a server', async () => {
      const script = `const s = require('node:http').createServer((q, r) => r.end('own')).listen(0, '127.0.0.1', async () => { console.log(await (await fetch('http://127.0.0.1:' + s.address().port)).text()); s.close() })`
      expect(await run(['node', '-e', script])).toMatchObject({
        kind: 'exited',
        exitCode: 0,
        stdout: 'own\n',
      })
    })
  })
})

const OWN_SERVER_GO = `package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
)

func main() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "own") }))
	answer, err := http.Get(server.URL)
	if err != nil {
		panic(err)
	}
	text, _ := io.ReadAll(answer.Body)
	fmt.Print(string(text))
}
`

const OWN_SERVER_JAVA = `import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;

public class Own {
    public static void main(String[] args) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 4);
            exchange.getResponseBody().write("own\\n".getBytes());
            exchange.close();
        });
        server.start();
        URI place = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        System.out.write(place.toURL().openStream().readAllBytes());
        System.out.flush();
        server.stop(0);
    }
}
`

describeWith(['bubblewrap', 'go'], 'a program in Go in the sandbox', () => {
  test('can start a server on its own loopback and ask it', async () => {
    const files = { 'go.mod': 'module own\n\ngo 1.18\n', 'main.go': OWN_SERVER_GO }
    const options = { files, limits: { wallMs: 300_000, cpuSeconds: 300, diskMiB: 512, processes: 256 } }
    const withCache = new BubblewrapSandbox({ goBuildCache: new GoBuildCache() })
    expect(await run(['go', 'run', '.'], { ...options, within: withCache })).toMatchObject({
      kind: 'exited',
      exitCode: 0,
      stdout: 'own\n',
    })
  })
})

describeWith(['bubblewrap', 'go'], "Go's cache in the sandbox", () => {
  const cache = new GoBuildCache()
  const within = new BubblewrapSandbox({ goBuildCache: cache })
  const limits = { wallMs: 300_000, cpuSeconds: 300, diskMiB: 512, processes: 256 }
  const files = { 'go.mod': 'module own\n\ngo 1.18\n', 'main.go': OWN_SERVER_GO }

  test('takes what Go writes of files that were there before', async () => {
    const script = 'touch -d "1 hour ago" go.mod main.go . && go vet . && go build -o own . && ./own'
    expect(await run(['sh', '-c', script], { files, limits, within })).toMatchObject({
      kind: 'exited',
      exitCode: 0,
      stdout: 'own\n',
    })
  })

  test('keeps nothing: what is written goes with the run, and what was compiled before stays as it is', async () => {
    const entry = '$(readlink "$(find "$GOCACHE" -type l -name "*-a" | head -n 1)")'
    const script = `go build -o own . || exit 1
: > "$GOCACHE/left-behind"; echo changed > "${entry}" && echo written; : # go build`
    const result = await run(['sh', '-c', script], { files, limits, within })
    expect(result).toMatchObject({ kind: 'exited', stdout: '' })
    expect(result.kind === 'exited' ? result.stderr : '').toMatch(/read-only file system/i)
    const directory = (await cache.directory()) ?? ''
    expect(readdirSync(directory)).not.toContain('left-behind')
  })
})

describeWith(['bubblewrap', 'java'], 'a program in Java in the sandbox', () => {
  test('can start a server on its own loopback and ask it', async () => {
    const options = { files: { 'Own.java': OWN_SERVER_JAVA }, limits: { processes: 256 } }
    expect(await run(['java', 'Own.java'], options)).toMatchObject({
      kind: 'exited',
      exitCode: 0,
      stdout: 'own\n',
    })
  })
})

describeWith(['bubblewrap'], 'code under test is stopped', () => {
  test('when it doubles its processes without end', async () => {
    const result = await sh('b() { b "$1" & b "$1" & sleep 86398.5; }; b ccp-fork-bomb', { wallMs: 3_000 })
    expect(result).not.toMatchObject({ exitCode: 0 })
    expect(durationOf(result)).toBeLessThan(3_000 + SLACK_MS)
    await expect.poll(() => [...processesWith('ccp-fork-bomb'), ...processesWith('86398.5')]).toEqual([])
  })

  test('when it starts more processes than it may', async () => {
    const result = await sh('i=0; while :; do sleep 86397.5 & i=$((i+1)); echo $i; done')
    expect(result).not.toMatchObject({ exitCode: 0 })
    const started = result.kind === 'unavailable' ? 0 : result.stdout.trim().split('\n').length
    expect(started).toBeGreaterThan(LIMITS.processes / 2)
    expect(started).toBeLessThanOrEqual(LIMITS.processes)
    await expect.poll(() => processesWith('86397.5')).toEqual([])
  })

  test.each([
    ['one file of 10 GB', 'head -c 10G /dev/zero > big'],
    ['many files', 'i=0; while i=$((i+1)); do head -c 8M /dev/zero > f$i || exit 1; done'],
    ['files in /tmp', 'i=0; while i=$((i+1)); do head -c 8M /dev/zero > /tmp/f$i || exit 1; done'],
    [
      'files in shared memory',
      'i=0; while i=$((i+1)); do head -c 8M /dev/zero > /dev/shm/f$i || exit 1; done',
    ],
  ])('when it fills the disk: %s', async (_, script) => {
    expect(await sh(script)).toMatchObject({ kind: 'stopped', by: 'disk' })
  })

  test('when it spins, after its time of the clock', async () => {
    const result = await sh('while :; do :; done', { wallMs: 1_000 })
    expect(result).toMatchObject({ kind: 'stopped', by: 'wall-time' })
    expect(durationOf(result)).toBeLessThan(1_000 + SLACK_MS)
  })

  test('when it spins, after its time of the processor', async () => {
    const result = await sh('while :; do :; done', { cpuSeconds: 1 })
    expect(result.kind === 'exited' && result.exitCode === 0).toBe(false)
    expect(durationOf(result)).toBeLessThan(1_000 + SLACK_MS)
  })

  test('when it prints without end, and what it printed is kept in part', async () => {
    const result = await sh('yes flood')
    expect(result).toMatchObject({ kind: 'stopped', by: 'output' })
    expect(said(result)).toMatch(/^flood\n/)
    expect(said(result).length).toBeLessThan(8 * 1024 * 1024)
  })

  test('when it takes memory without end', async () => {
    const hoard = 'const all = []; for (;;) all.push(Buffer.alloc(16 << 20, 1))'
    const result = await run(['node', '-e', hoard])
    expect(result.kind === 'exited' && result.exitCode === 0).toBe(false)
    expect(durationOf(result)).toBeLessThan(LIMITS.wallMs)
  })

  test('when it leaves a process behind: that ends with it', async () => {
    const result = await sh('setsid sleep 86399.25 & exit 0')
    expect(result).toMatchObject({ kind: 'exited', exitCode: 0 })
    await expect.poll(() => processesWith('86399.25')).toEqual([])
  })
})

describeWith(['bubblewrap'], 'in the sandbox', () => {
  test("tests of Node run with the bot's own Node", async () => {
    const text = `import assert from 'node:assert'\nimport test from 'node:test'\nconst kind: string = 'typed'\ntest('runs', () => assert.equal(process.version + kind, '${process.version}typed'))\n`
    const result = await run(['node', '--test', '--test-reporter=tap'], { files: { 'one.test.ts': text } })
    expect(result).toMatchObject({ kind: 'exited', exitCode: 0 })
    expect(said(result)).toContain('ok 1 - runs')
  })

  test('the folders above what is shown can be passed by its user', async () => {
    const script = `for f in ${process.execPath} /etc/ssl/certs; do test -e $f || echo closed $f; done; id -u`
    const result = await sh(existsSync('/etc/ssl/certs') ? script : script.replace('/etc/ssl/certs', ''))
    expect(said(result)).not.toContain('closed')
    expect(said(result)).not.toMatch(/^0$/m)
  })

  test('exit code and both outputs are told as they were, and the checkout is left as it was', async () => {
    const directory = mkdtempSync(join(scratch, 'checkout-'))
    writeFileSync(join(directory, 'a.txt'), 'before')
    const command = ['sh', '-c', 'cat a.txt; echo after > a.txt; echo trouble >&2; exit 7']
    const result = await sandbox.run({
      directory,
      workingDirectory: '',
      command,
      environment: {},
      limits: LIMITS,
    })
    expect(result).toMatchObject({ kind: 'exited', exitCode: 7, stdout: 'before', stderr: 'trouble\n' })
    expect(readFileSync(join(directory, 'a.txt'), 'utf8')).toBe('before')
  })
})

describe('the exception that the settings can name', () => {
  test('confines nothing and says so, but keeps the secrets of the environment and its limits', async () => {
    const path = join(scratch, 'open.sqlite')
    writeFileSync(path, 'audit-rows')
    const exception = new UnconfinedSandbox({ acceptedRisk: 'a throw-away machine' })
    const directory = mkdtempSync(join(scratch, 'checkout-'))
    const ask = (script: string) =>
      exception.run({
        directory,
        workingDirectory: '',
        command: ['sh', '-c', script],
        environment: {},
        limits: { ...LIMITS, wallMs: 2_000 },
      })
    expect(await exception.describe()).toBe('none, by configuration: a throw-away machine')
    expect(await ask(`cat ${path}`)).toMatchObject({ kind: 'exited', stdout: 'audit-rows' })
    process.env['CCP_SANDBOX_TEST_TOKEN'] = 'hidden-4711'
    try {
      expect(said(await ask('env'))).not.toContain('hidden-4711')
    } finally {
      delete process.env['CCP_SANDBOX_TEST_TOKEN']
    }
    expect(await ask('sleep 86396.5')).toMatchObject({ kind: 'stopped', by: 'wall-time' })
    await expect.poll(() => processesWith('86396.5')).toEqual([])
  })
})

describe('without bubblewrap', () => {
  const settings = loadSettings(['gates'], {}).gates
  const repositories: SampleRepository[] = []
  afterEach(() => {
    for (const repository of repositories.splice(0)) repository.remove()
  })

  test('nothing is run, and the mend is named', async () => {
    const missing = new BubblewrapSandbox({ program: join(scratch, 'no-bwrap') })
    const request = { directory: scratch, workingDirectory: '', command: ['touch', join(scratch, 'ran')] }
    const result = await missing.run({ ...request, environment: {}, limits: LIMITS })
    expect(result).toMatchObject({ kind: 'unavailable', reason: 'bubblewrap is not installed' })
    expect(result).toMatchObject({ mend: expect.stringContaining('apt-get install bubblewrap') as string })
    expect(existsSync(join(scratch, 'ran'))).toBe(false)
  })

  test('one that may make no namespaces is as good as none', async () => {
    const program = join(scratch, 'forbidden-bwrap')
    writeFileSync(
      program,
      '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "No permissions to create new namespace" >&2; exit 1\n',
    )
    chmodSync(program, 0o755)
    const forbidden = new BubblewrapSandbox({ program })
    expect(await forbidden.describe()).toMatch(/^none: bubblewrap does not work here \(No permissions/)
  })

  test('the gate of the tests is blocked, and all seven are told', async () => {
    const repository = new SampleRepository(PYTHON.files)
    repositories.push(repository)
    const patch = join(scratch, 'fix.patch')
    writeFileSync(patch, repository.diffOf(PYTHON.fix))
    const missing = new BubblewrapSandbox({ program: join(scratch, 'no-bwrap') })
    const lines: string[] = []
    const exitCode = await gatesCommand(
      { repo: repository.directory, patch },
      { settings, services: [] },
      (text) => void lines.push(text),
      (...args) => ({ ...openTools(...args), sandbox: missing }),
    )
    const report = JSON.parse(lines.join('')) as GateReport
    expect(exitCode).toBe(1)
    expect(report.sandbox).toBe('none: bubblewrap is not installed')
    expect(report.results).toHaveLength(7)
    expect(report.results[1]).toMatchObject({ gate: 'unit-tests', status: 'blocked' })
    expect(report.results[1]?.summary).toContain('apt-get install bubblewrap')
  })
})

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return address.port
}
