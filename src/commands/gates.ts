import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { createAnalysers, type Analysers } from '../integrations/analysers/create-analysers.ts'
import { SecretlintScanner } from '../integrations/analysers/secretlint-scanner.ts'
import { applyToCopy, readPatch, type PatchedCopy } from '../integrations/git/patched-copy.ts'
import { GitCheckouts } from '../integrations/git/worktrees.ts'
import { createSandbox, type Dependency } from '../integrations/sandbox/create-sandbox.ts'
import type { GateReport, Patch } from '../pipeline/contracts.ts'
import { CcpError } from '../pipeline/errors.ts'
import { dependentsOf } from '../pipeline/execute.ts'
import { changedFiles } from '../pipeline/gates/changed-files.ts'
import { evaluateGates } from '../pipeline/gates/evaluate-gates.ts'
import type { Sandbox } from '../pipeline/gates/ports.ts'
import type { GateSettings } from '../pipeline/gates/settings.ts'
import type { ServiceDefinition } from '../pipeline/services.ts'
import { languageOfFile } from '../pipeline/signals/parse-source.ts'
import type { Write } from './write.ts'

export interface GatesOptions {
  /** A git repository, of which HEAD is taken, or a plain directory. It is never written to. */
  readonly repo: string
  /** A unified diff or a mail of `git format-patch`; "-" reads standard input. */
  readonly patch: string
  /** A service of services.yaml, for its test command, criticality and protected paths. */
  readonly service?: string
  /** Confidence of the fix, 0..1, for the risk. */
  readonly confidence?: number
}

export interface GatesConfig {
  readonly settings: GateSettings
  readonly services: readonly ServiceDefinition[]
}

/** The tools that look at the code; `close` ends those that stay warm. */
export interface GateTools extends Pick<Analysers, 'analysers' | 'close'> {
  readonly sandbox: Sandbox
}

export type OpenTools = (settings: GateSettings, dependencies: readonly Dependency[]) => GateTools

/** Nothing is known of the fix's author: as good as not. */
const UNKNOWN_CONFIDENCE = 0.5
const MAX_PATCH_BYTES = 16 * 1024 * 1024
const NO_INCIDENT = 'command-line'

/**
 * `ccp gates`: puts a patch through the seven gates and prints the GateReport as JSON.
 * `open` is for callers that judge many patches with tools that stay warm.
 * Answers the exit code: 0 all passed, 1 one failed or was blocked.
 * Throws CcpError `bad-input` (no patch, or it does not apply) or `not-found` (no such directory, file or service).
 */
export async function gatesCommand(
  options: GatesOptions,
  config: GatesConfig,
  write: Write,
  open: OpenTools = openTools,
): Promise<number> {
  const directory = resolve(options.repo)
  const { diff, message } = await readPatch(await patchText(options.patch))
  const copy = await applyToCopy(directory, diff, message ?? 'a patch without a message')
  try {
    const report = await evaluate(directory, copy, options, config, open)
    write(JSON.stringify(report, null, 2))
    return report.passed ? 0 : 1
  } finally {
    await copy.remove()
  }
}

async function evaluate(
  directory: string,
  copy: PatchedCopy,
  options: GatesOptions,
  config: GatesConfig,
  open: OpenTools,
): Promise<GateReport> {
  const { settings, services } = config
  const tools = open(settings, await dependenciesOf(directory))
  const checkouts = new GitCheckouts()
  try {
    const { diff, message } = await checkouts.change(copy.repository, copy.base, copy.commit)
    const service = serviceFor(options.service, services, directory, diff)
    const outcome = await evaluateGates(patchOf(copy, service, diff, message), {
      checkouts,
      sandbox: tools.sandbox,
      analysers: tools.analysers,
      secretScanner: new SecretlintScanner(),
      settings,
      service,
      dependents: dependentsOf(service.name, services),
      confidence: options.confidence ?? UNKNOWN_CONFIDENCE,
      confidenceBasis:
        options.confidence === undefined
          ? 'nothing is known of the fix, one half is assumed'
          : 'given on the command line',
      nowMs: () => Date.now(),
    })
    if (outcome.kind !== 'done') throw new CcpError('internal', 'the gates gave no report')
    return outcome.value
  } finally {
    await tools.close()
  }
}

/** The tools as the settings name them; they are started when they are first asked. */
export function openTools(settings: GateSettings, dependencies: readonly Dependency[]): GateTools {
  const sandbox = createSandbox(settings, dependencies)
  const { analysers, close } = createAnalysers({ sandbox, settings })
  return { sandbox, analysers, close }
}

async function patchText(file: string): Promise<string> {
  const text = file === '-' ? await readAll(process.stdin) : await readPatchFile(file)
  if (text.trim() !== '') return text
  throw new CcpError('bad-input', `the patch ${file === '-' ? 'on standard input' : file} is empty`, {
    mend: 'Make one with `git diff` or `git format-patch`.',
  })
}

async function readPatchFile(file: string): Promise<string> {
  const entry = await stat(file).catch(() => null)
  if (entry?.isFile() !== true)
    throw new CcpError('not-found', `there is no patch file ${file}`, {
      mend: 'Name a file, or - for standard input.',
    })
  if (entry.size > MAX_PATCH_BYTES)
    throw new CcpError('bad-input', `the patch ${file} is larger than ${MAX_PATCH_BYTES} bytes`)
  return readFile(file, 'utf8')
}

function serviceFor(
  name: string | undefined,
  services: readonly ServiceDefinition[],
  directory: string,
  diff: string,
): ServiceDefinition {
  if (name === undefined) return unknownService(directory, diff)
  const found = services.find((service) => service.name === name)
  if (found !== undefined) return found
  const known = services.map((service) => service.name).join(', ') || 'none'
  throw new CcpError('not-found', `the service ${name} is not in services.yaml; known: ${known}`, {
    mend: 'Correct the name, or leave the option out.',
  })
}

/** A repository that services.yaml does not know: of medium criticality, its tests found by its files. */
function unknownService(directory: string, diff: string): ServiceDefinition {
  const languages = changedFiles(diff).map(({ path }) => languageOfFile(path))
  return {
    name: basename(directory),
    repository: directory,
    branch: 'HEAD',
    language: languages.find((language) => language !== null) ?? 'python',
    dependsOn: [],
    criticality: 'medium',
    pagerdutyServiceIds: [],
    codeRoots: [],
    testCommand: null,
    startCommand: null,
    environment: {},
    healthPath: '/',
    objective: { errorRatio: 0.01, latencyP95Ms: null },
    protectedPaths: [],
  }
}

function patchOf(copy: PatchedCopy, service: ServiceDefinition, diff: string, message: string): Patch {
  return {
    incidentId: NO_INCIDENT,
    candidateId: NO_INCIDENT,
    strategy: 'template',
    service: service.name,
    repository: copy.repository,
    baseCommit: copy.base,
    branch: 'ccp/gates',
    commit: copy.commit,
    diff,
    files: changedFiles(diff).map(({ path, added, removed }) => ({
      path,
      added: added.length,
      removed: removed.length,
    })),
    regressionTest: { kind: 'none', reason: 'the patch was given as a file' },
    title: message.split('\n')[0] ?? '',
  }
}

const DEPENDENCIES = new Set(['node_modules', '.venv', 'venv'])
const SEARCH_DEPTH = 3

/** Installed dependencies lie beside the sources, not in git; without them the tests could not run. */
async function dependenciesOf(root: string, within = '', depth = 0): Promise<readonly Dependency[]> {
  const entries = await readdir(join(root, within), { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const own = folders.filter((name) => DEPENDENCIES.has(name)).map((name) => join(within, name))
  const deeper =
    depth >= SEARCH_DEPTH ? [] : folders.filter((name) => !DEPENDENCIES.has(name) && !name.startsWith('.'))
  const nested = await Promise.all(deeper.map((name) => dependenciesOf(root, join(within, name), depth + 1)))
  return [...own.map((to) => ({ from: join(root, to), to })), ...nested.flat()]
}
