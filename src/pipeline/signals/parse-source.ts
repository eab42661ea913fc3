import go from '@ast-grep/lang-go'
import java from '@ast-grep/lang-java'
import python from '@ast-grep/lang-python'
import { parse, registerDynamicLanguage } from '@ast-grep/napi'
import type { SgRoot } from '@ast-grep/napi'
import type { Language } from './stack-trace.ts'

// Once in a process: a second registration is an error, so everybody who parses source imports this module.
registerDynamicLanguage({ python, java, go })

const GRAMMARS: Readonly<Record<Language, string>> = {
  python: 'python',
  java: 'java',
  go: 'go',
  javascript: 'JavaScript',
  typescript: 'TypeScript',
}

/**
 * The syntax tree of a source text. It never fails: what does not parse is in the tree as an ERROR node, and a tree
 * without one is no proof that the text is valid. Pass `path` where it is known: `.tsx` needs a grammar of its own.
 */
export function parseSource(language: Language, text: string, path = ''): SgRoot {
  return parse(/\.tsx$/i.test(path) ? 'Tsx' : GRAMMARS[language], text)
}

const EXTENSIONS: Readonly<Record<string, Language>> = {
  py: 'python',
  pyi: 'python',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'typescript',
  java: 'java',
  go: 'go',
}

/** The language of a file by its extension; null for others. */
export function languageOfFile(path: string): Language | null {
  const extension = /\.([A-Za-z]{1,4})$/.exec(path)?.[1]?.toLowerCase()
  return extension === undefined ? null : (EXTENSIONS[extension] ?? null)
}
