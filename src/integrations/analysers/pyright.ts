import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, parse } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Analyser, Analysis, AnalysisTask, RawFinding, SourceFile } from '../../pipeline/gates/ports.ts'
import { CcpError } from '../../pipeline/errors.ts'
import { LanguageServer } from './language-server.ts'

interface Diagnostic {
  readonly range: { readonly start: { readonly line: number } }
  readonly severity?: number
  readonly code?: string | number
  readonly message: string
}

const ERROR = 1
/** So many files are left open before the server is replaced. */
const MOST_OPEN = 200
/** What cannot be told where the dependencies are not installed. */
const UNKNOWABLE = new Set(['reportMissingImports', 'reportMissingModuleSource', 'reportMissingTypeStubs'])
const SETTINGS = {
  python: {
    analysis: {
      typeCheckingMode: 'basic',
      diagnosticMode: 'openFilesOnly',
      autoSearchPaths: true,
      useLibraryCodeForTypes: true,
      logLevel: 'Error',
      // Nothing is to be gathered in advance: the root is that of the whole machine.
      include: ['ccp-no-such-folder'],
    },
  },
  // Without its language services pyright would report nothing at all.
  pyright: { disableLanguageServices: false, disableOrganizeImports: true },
} as const
/** A program with one error, by which a server shows that it checks. */
const PROBE = { path: 'ccp-probe.py', text: 'import json, os, re, typing\n\nprobe: int = "text"\n' } as const

const require = createRequire(import.meta.url)
const { version } = require('pyright/package.json') as { version: string }
const PROGRAM = join(dirname(require.resolve('pyright/package.json')), 'langserver.index.js')

/**
 * Type errors of Python files, from a pyright that stays warm between patches. It reads the code and runs none of it. What it
 * was given stays open: with a file closed it drops the libraries that only that one imported, trips over types that still
 * point there, and fails on the next file or finds nothing in it.
 */
export class PyrightAnalyser implements Analyser {
  readonly name = 'pyright'
  readonly gate = 'static-analysis'
  readonly #timeoutMs: number
  #server: Promise<LanguageServer> | null = null
  #opened = 0
  #asking = 0

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  handles(path: string): boolean {
    return /\.pyi?$/.test(path)
  }

  /** Starts the server and reads the standard library's types, so that the first patch does not wait for it. */
  async warmUp(): Promise<void> {
    await this.#started()
  }

  async analyse({ checkout, files }: AnalysisTask): Promise<Analysis> {
    if (this.#opened >= MOST_OPEN && this.#asking === 0) await this.dispose()
    this.#opened += files.length
    this.#asking += 1
    try {
      const server = await this.#started()
      const findings: RawFinding[] = []
      for (const file of files) findings.push(...(await diagnose(server, checkout.directory, file)))
      return { kind: 'analysed', findings, tool: `pyright ${version}` }
    } finally {
      this.#asking -= 1
    }
  }

  async dispose(): Promise<void> {
    const started = this.#server
    this.#server = null
    this.#opened = 0
    const server = await started?.catch(() => null)
    server?.dispose()
  }

  /** One start for all that ask at once; a server that has ended is replaced. */
  #started(): Promise<LanguageServer> {
    if (this.#server !== null) return this.#server
    const started = start(this.#timeoutMs, () => {
      if (this.#server === started) this.#server = null
    })
    this.#server = started
    return started
  }
}

/**
 * Where an import is not found otherwise, pyright walks up from the importing file as far as its workspace reaches. So the
 * workspace is the root of the file system: every tree lies in it, and no repository's pyright settings lie at its top,
 * which is the only place where they are read.
 */
async function start(timeoutMs: number, onEnd: () => void): Promise<LanguageServer> {
  const server = new LanguageServer({
    program: process.execPath,
    args: ['--max-old-space-size=1536', PROGRAM, '--stdio'],
    cwd: tmpdir(),
    environment: { PATH: process.env.PATH ?? '', HOME: tmpdir(), LANG: 'C.UTF-8' },
    timeoutMs,
    onRequest,
    onEnd,
  })
  await server.request('initialize', {
    processId: process.pid,
    rootUri: null,
    workspaceFolders: [{ uri: pathToFileURL(parse(tmpdir()).root).href, name: 'machine' }],
    capabilities: {
      workspace: { configuration: true, workspaceFolders: true },
      textDocument: { diagnostic: { dynamicRegistration: false }, publishDiagnostics: {} },
    },
  })
  server.notify('initialized', {})
  // A server that answers but checks nothing would let everything pass.
  const found = await diagnose(server, tmpdir(), PROBE)
  if (found.length === 1 && found[0]?.line === 3) return server
  server.dispose()
  throw new CcpError('internal', `pyright ${version} does not find the error of its probe`)
}

function onRequest(method: string, params: unknown): unknown {
  if (method !== 'workspace/configuration') return null
  const { items } = params as { items: readonly { section?: string }[] }
  return items.map(({ section }) => SETTINGS[section as keyof typeof SETTINGS] ?? {})
}

async function diagnose(
  server: LanguageServer,
  directory: string,
  { path, text }: SourceFile,
): Promise<readonly RawFinding[]> {
  const uri = pathToFileURL(join(directory, path)).href
  server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'python', version: 1, text } })
  const report = (await server.request('textDocument/diagnostic', { textDocument: { uri } })) as {
    items?: readonly Diagnostic[]
  }
  if (!Array.isArray(report.items)) throw new Error('pyright gave no diagnostics')
  return (report.items as readonly Diagnostic[])
    .filter(isTelling)
    .map((diagnostic) => findingOf(path, diagnostic))
}

function isTelling({ severity, code }: Diagnostic): boolean {
  return severity === ERROR && !UNKNOWABLE.has(String(code))
}

function findingOf(file: string, { range, code, message }: Diagnostic): RawFinding {
  return { file, line: range.start.line + 1, rule: String(code ?? 'type-error'), message, severity: 'error' }
}
