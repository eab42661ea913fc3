import { languageOfFile } from '../signals/parse-source.ts'
import { listDefinitions } from './definitions.ts'
import { indexFiles } from './file-index.ts'
import type { Language } from '../signals/stack-trace.ts'
import type { Definition } from './definitions.ts'
import type { FileIndex } from './file-index.ts'
import type { Layout } from './match-file.ts'
import type { SourceRepository } from './ports.ts'

/** A file of the repository, parsed. */
export interface Source {
  readonly text: string
  readonly lines: readonly string[]
  readonly language: Language
  readonly definitions: readonly Definition[]
}

/** One commit of a repository, each file read and parsed once. */
export interface SourceReader {
  readonly index: FileIndex
  readonly layout: Layout
  readonly commit: string
  readonly source: (path: string, language: Language) => Promise<Source | null>
  readonly text: (path: string) => Promise<string | null>
}

/** Lists the files of `commit`; Go's module paths are read only for a Go trace. */
export async function openReader(
  repository: SourceRepository,
  commit: string,
  codeRoots: readonly string[],
  language: Language,
): Promise<SourceReader> {
  const index = indexFiles(await repository.filesAt(commit))
  const sources = new Map<string, Promise<Source | null>>()
  const text = (path: string): Promise<string | null> => repository.readFile(commit, path)
  const source = (path: string, of: Language): Promise<Source | null> => {
    const read = sources.get(path) ?? readSource(path, of, text)
    sources.set(path, read)
    return read
  }
  const goModules = language === 'go' ? await readGoModules(index, text) : []
  return { index, layout: { codeRoots, goModules }, commit, source, text }
}

async function readSource(
  path: string,
  language: Language,
  text: (path: string) => Promise<string | null>,
): Promise<Source | null> {
  const content = await text(path)
  if (content === null) return null
  const own = languageOfFile(path) ?? language
  return {
    text: content,
    lines: content.split(/\r\n|\n/),
    language: own,
    definitions: listDefinitions(own, content, path),
  }
}

async function readGoModules(
  index: FileIndex,
  text: (path: string) => Promise<string | null>,
): Promise<Layout['goModules']> {
  const files = (index.byName.get('go.mod') ?? []).slice(0, 50)
  const modules = await Promise.all(
    files.map(async (file) => {
      const module = /^module\s+"?([^\s"]+)/m.exec((await text(file)) ?? '')?.[1]
      return module === undefined ? [] : [{ directory: file.slice(0, Math.max(0, file.length - 7)), module }]
    }),
  )
  // The longest module path first: a nested module is not part of the one around it.
  return modules.flat().toSorted((a, b) => b.module.length - a.module.length)
}
