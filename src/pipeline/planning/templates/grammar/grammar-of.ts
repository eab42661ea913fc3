import type { Language } from '../../../signals/stack-trace.ts'
import { GO } from './go.ts'
import type { Grammar } from './grammar.ts'
import { JAVA } from './java.ts'
import { JAVASCRIPT } from './javascript.ts'
import { PYTHON } from './python.ts'

const GRAMMARS: Readonly<Record<Language, Grammar>> = {
  python: PYTHON,
  javascript: JAVASCRIPT,
  typescript: JAVASCRIPT,
  java: JAVA,
  go: GO,
}

export function grammarOf(language: Language): Grammar {
  return GRAMMARS[language]
}
