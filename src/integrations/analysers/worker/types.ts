import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import type { RawFinding, SourceFile } from '../../../pipeline/gates/ports.ts'
import type { WorkerAnswer } from './protocol.ts'

/** What cannot be told where the dependencies are not installed: modules and types that are not found, implied `any`. */
const UNKNOWABLE = new Set([
  2307, 2792, 7016, 2688, 2580, 2582, 2591, 2592, 2593, 2584, 2304, 2503, 2875, 7026, 7006, 7031, 7005, 7034,
  6053, 2834, 2835, 5097, 1259, 1378, 1470,
])
/** Names that are not found at all are a fault of the program where nothing of its imports is missing. */
const UNKNOWN_NAME = 2304
const NOT_INSTALLED = new Set([2307, 2792, 7016, 2688])
const WITHOUT_CONFIG: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  strict: false,
  jsx: ts.JsxEmit.Preserve,
  allowJs: true,
}

/** Library files are the same for every program: parsed once for each set of options. */
const libraries = new Map<string, ts.SourceFile>()

/** Semantic errors of TypeScript files under the nearest tsconfig.json, whose plugins are not loaded. */
export function checkTypes(directory: string, files: readonly SourceFile[]): WorkerAnswer {
  // Without files the compiler only reads its libraries, which it keeps for the next question.
  const groups = new Map<string | null, string[]>(files.length === 0 ? [[null, []]] : [])
  for (const { path } of files) {
    const config = configOf(directory, path)
    groups.set(config, [...(groups.get(config) ?? []), join(directory, path)])
  }
  const findings = [...groups].flatMap(([config, paths]) => check(directory, config, paths))
  return { findings, version: `typescript ${ts.version}` }
}

function configOf(root: string, path: string): string | null {
  for (let at = dirname(path); ; at = dirname(at)) {
    const candidate = join(root, at, 'tsconfig.json')
    if (ts.sys.fileExists(candidate)) return candidate
    if (at === '.') return null
  }
}

function check(root: string, config: string | null, paths: readonly string[]): readonly RawFinding[] {
  const options = optionsOf(config)
  const program = ts.createProgram(paths, options, hostFor(options))
  return paths.flatMap((path) => {
    const source = program.getSourceFile(path)
    if (source === undefined) throw new Error(`the compiler did not read ${relative(root, path)}`)
    const diagnostics = program.getSemanticDiagnostics(source)
    const isComplete = !diagnostics.some(({ code }) => NOT_INSTALLED.has(code))
    return diagnostics
      .filter(
        ({ category, code }) =>
          category === ts.DiagnosticCategory.Error &&
          (!UNKNOWABLE.has(code) || (isComplete && code === UNKNOWN_NAME)),
      )
      .map((diagnostic) => findingOf(root, source, diagnostic))
  })
}

function findingOf(
  root: string,
  source: ts.SourceFile,
  { start = 0, code, messageText }: ts.Diagnostic,
): RawFinding {
  return {
    file: relative(root, source.fileName),
    line: source.getLineAndCharacterOfPosition(start).line + 1,
    rule: `TS${code}`,
    message: ts.flattenDiagnosticMessageText(messageText, ' '),
    severity: 'error',
  }
}

function optionsOf(config: string | null): ts.CompilerOptions {
  const own = config === null ? WITHOUT_CONFIG : readConfig(config)
  return {
    ...own,
    ...nodeTypes(),
    noEmit: true,
    composite: false,
    incremental: false,
    declaration: false,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    // Unused names are the lint gate's matter.
    noUnusedLocals: false,
    noUnusedParameters: false,
    plugins: [],
  }
}

function readConfig(config: string): ts.CompilerOptions {
  const read = ts.readConfigFile(config, (path) => ts.sys.readFile(path))
  if (read.error !== undefined) return WITHOUT_CONFIG
  // Only the options are wanted: the list of files would be a walk over the whole tree.
  const bare = { ...(read.config as object), files: [], include: [] }
  return ts.parseJsonConfigFileContent(bare, ts.sys, dirname(config), undefined, config).options
}

/** The bot's own types of Node stand in for those of a repository whose dependencies are not installed. */
function nodeTypes(): ts.CompilerOptions {
  try {
    const found = createRequire(import.meta.url).resolve('@types/node/package.json')
    return { typeRoots: [dirname(dirname(found))], types: ['node'] }
  } catch {
    // Without them names of Node are unknown on both sides of the comparison.
    return { types: [] }
  }
}

function hostFor(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true)
  const original = host.getSourceFile.bind(host)
  const target = String(options.target)
  host.getSourceFile = (path, version, ...rest) => {
    if (!/[\\/]node_modules[\\/](?:typescript[\\/]lib|@types[\\/]node|undici-types)[\\/]/.test(path))
      return original(path, version, ...rest)
    const format = typeof version === 'object' ? String(version.impliedNodeFormat) : ''
    const key = `${target}\0${format}\0${path}`
    const known = libraries.get(key)
    if (known !== undefined) return known
    const parsed = original(path, version, ...rest)
    if (parsed !== undefined) libraries.set(key, parsed)
    return parsed
  }
  return host
}
