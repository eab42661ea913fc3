import { languageOfFile, parseSource } from '../signals/parse-source.ts'

/** Node kinds that open a further path through the code, over all grammars. */
const BRANCHES = new Set([
  'if_statement',
  'elif_clause',
  'for_statement',
  'for_in_statement',
  'enhanced_for_statement',
  'while_statement',
  'do_statement',
  'except_clause',
  'catch_clause',
  'case_clause',
  'switch_case',
  'switch_block_statement_group',
  'expression_case',
  'type_case',
  'communication_case',
  'conditional_expression',
  'ternary_expression',
  'boolean_operator',
])
const LOGICAL = new Set(['&&', '||', '??'])
/** Beyond it the size alone makes the change a complex one. */
const MAX_TEXT = 1_000_000

/** Branching points of a source text (cyclomatic complexity without the functions' own 1); 0 for other files. */
export function branchesOf(path: string, text: string): number {
  const language = languageOfFile(path)
  if (language === null || text === '' || text.length > MAX_TEXT) return 0
  let branches = 0
  const open = [parseSource(language, text, path).root()]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const kind = String(node.kind())
    if (BRANCHES.has(kind) || LOGICAL.has(kind)) branches += 1
    open.push(...node.children())
  }
  return branches
}
