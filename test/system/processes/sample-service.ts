import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRouter } from '../../../demo/shop/router/start-router.ts'
import {
  ProcessTarget,
  type ProcessTargetOptions,
} from '../../../src/integrations/processes/process-target.ts'
import { findMarked } from '../../../src/integrations/processes/process-table.ts'
import { versionOf } from '../../../src/pipeline/deployment/roll-out.ts'
import type { ServiceDefinition } from '../../../src/pipeline/services.ts'

const SERVER = `
const { createServer } = require('node:http')
const { readFileSync } = require('node:fs')
const settingOf = (file) => (file === undefined ? undefined : readFileSync(file, 'utf8'))
console.log('starting', process.env.SERVICE_VERSION)
createServer((request, response) => {
  response.writeHead(request.url === '/healthz' ? 200 : 500)
  response.end(JSON.stringify({ pid: process.pid, version: process.env.SERVICE_VERSION, token: process.env.SECRET_TOKEN, setting: settingOf(process.env.CONFIG_FILE) }))
}).listen(Number(process.env.PORT), '127.0.0.1')
`
/** Answers /charge, and fails every third request. */
const BROKEN = SERVER.replace('? 200 : 500', '|| Math.random() > 1 / 3 ? 200 : 500')
/** Fails four of five: a fix that makes it worse. */
const WORSE = SERVER.replace('? 200 : 500', '|| Math.random() > 4 / 5 ? 200 : 500')
const FIXED = SERVER.replace('? 200 : 500', '? 200 : 200')
const CRASHING = `console.log('line one'); throw new Error('no database configured')`
const SILENT = `setInterval(() => {}, 1000); console.log('waiting for nothing')`

/** A repository with a good, a crashing and a silent commit, a router, and a folder for the target. */
export interface Sandbox {
  readonly folder: string
  readonly commits: Readonly<
    Record<'good' | 'better' | 'crashing' | 'silent' | 'broken' | 'worse' | 'fixed', string>
  >
  /** Of the repository `settings`, whose file `payment.env` holds LIMIT=70 and LIMIT=72. */
  readonly configs: Readonly<Record<'seventy' | 'seventyTwo', string>>
  /** Where callers reach the service, through the router. */
  readonly serviceUrl: string
  readonly options: ProcessTargetOptions
  target(overrides?: Partial<ProcessTargetOptions>): ProcessTarget
  /** Pids of the processes of a release. */
  pids(version: string): readonly number[]
  close(): Promise<void>
}

export async function openSandbox(): Promise<Sandbox> {
  const folder = mkdtempSync(join(tmpdir(), 'ccp-processes-'))
  const repository = join(folder, 'repository')
  const commits = writeRepository(repository)
  const configs = writeSettings(join(folder, 'settings'))
  const router = await startRouter({ host: '127.0.0.1', adminPort: 0, services: { payment: { port: 0 } } })
  const options: ProcessTargetOptions = {
    services: [definition(repository)],
    stateDir: join(folder, 'state'),
    logDir: join(folder, 'logs'),
    routerUrl: `http://127.0.0.1:${router.adminPort}`,
    startTimeoutMs: 5_000,
    stopGraceMs: 500,
  }
  const pids = (version: string) => findMarked(`${options.stateDir}:payment@${version}`).map(({ pid }) => pid)
  return {
    folder,
    commits,
    configs,
    serviceUrl: `http://127.0.0.1:${router.ports.payment}`,
    options,
    pids,
    target: (overrides = {}) => new ProcessTarget({ ...options, ...overrides }),
    async close() {
      const versions = ['v1', 'v2', 'v3', ...Object.values(commits).map(versionOf)]
      for (const pid of versions.flatMap(pids)) process.kill(-pid, 'SIGKILL')
      await router.stop(0)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A new repository of one file; answers how to commit it. */
function repositoryOf(directory: string, file: string): (content: string, message: string) => string {
  mkdirSync(directory)
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-C', directory, '-c', 'user.name=Payments team', '-c', 'user.email=payments@shop.example', ...args],
      {
        encoding: 'utf8',
      },
    ).trim()
  git('init', '-q', '-b', 'main')
  return (content, message) => {
    writeFileSync(join(directory, file), content)
    git('add', '-A')
    git('commit', '-q', '-m', message)
    return git('rev-parse', 'HEAD')
  }
}

function writeSettings(directory: string): Sandbox['configs'] {
  const commit = repositoryOf(directory, 'payment.env')
  return { seventy: commit('LIMIT=70\n', 'seventy'), seventyTwo: commit('LIMIT=72\n', 'seventy-two') }
}

function writeRepository(repository: string): Sandbox['commits'] {
  const commit = repositoryOf(repository, 'server.js')
  return {
    good: commit(SERVER, 'serve'),
    better: commit(`// better\n${SERVER}`, 'serve better'),
    crashing: commit(CRASHING, 'crash'),
    silent: commit(SILENT, 'say nothing'),
    broken: commit(BROKEN, 'break'),
    worse: commit(WORSE, 'break more'),
    fixed: commit(FIXED, 'fix'),
  }
}

function definition(repository: string): ServiceDefinition {
  return {
    name: 'payment',
    repository,
    branch: 'main',
    language: 'javascript',
    dependsOn: [],
    criticality: 'low',
    pagerdutyServiceIds: [],
    codeRoots: [],
    testCommand: null,
    startCommand: [process.execPath, 'server.js'],
    environment: {},
    healthPath: '/healthz',
    objective: { errorRatio: 0.01, latencyP95Ms: null },
    protectedPaths: [],
  }
}
