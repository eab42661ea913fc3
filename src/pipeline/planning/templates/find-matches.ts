import type { NapiConfig, SgNode } from '@ast-grep/napi'
import { parseSource } from '../../signals/parse-source.ts'
import type { FaultSite, FixTemplate } from './fix-template.ts'
import { matchException } from './match-exception.ts'
import type { ExceptionMatch } from './match-exception.ts'

/** Files beyond this are not repaired by templates: a parse would cost more than the two seconds a plan may take. */
const MAX_SOURCE_LENGTH = 1_000_000

/** How a template answers to the fault: what its message names, and the prior there. */
type TemplateFit = Pick<ExceptionMatch, 'captures' | 'confidence'>

/** A template's rule on the line at fault. */
export interface TemplateMatch {
  readonly template: FixTemplate
  readonly root: SgNode
  readonly match: SgNode
  readonly fit: TemplateFit
}

/** Where the rules of the templates that answer to the fault match, on the line at fault alone. */
export function findMatches(templates: readonly FixTemplate[], site: FaultSite): readonly TemplateMatch[] {
  if (site.text.length > MAX_SOURCE_LENGTH) return []
  const root = parseSource(site.language, site.text, site.path).root()
  const around = nodeAround(root, site.line - 1)
  return templates
    .filter((template) => template.languages.includes(site.language))
    .flatMap((template) => {
      const fit = fitOf(template, site)
      if (fit === null) return []
      const rule = { rule: template.rule, constraints: template.constraints } as NapiConfig
      const matches = around.findAll(rule).filter((match) => isOnLine(match, site.line))
      return matches.map((match) => ({ template, root, match, fit }))
    })
}

/** By the exception where there is one, else by the category alone. */
function fitOf(template: FixTemplate, site: FaultSite): TemplateFit | null {
  if (site.exception !== null) return matchException(template, site.exception)
  const prior = site.categories?.[template.category]
  return prior === undefined ? null : { captures: {}, confidence: prior }
}

/** The innermost node that holds all that begins or ends on a line (0-based): searching the whole file would take long. */
function nodeAround(root: SgNode, line: number): SgNode {
  let node = root
  for (;;) {
    const { start, end } = node.range()
    if (start.line === line || end.line === line) return node
    const on = node
      .children()
      .filter((child) => child.range().start.line <= line && child.range().end.line >= line)
    const [only] = on
    if (only === undefined || on.length > 1) return node
    node = only
  }
}

/** The trace names the line on which an expression begins or, in a chain over several lines, that of the last link. */
function isOnLine(match: SgNode, line: number): boolean {
  const { start, end } = match.range()
  return start.line + 1 === line || end.line + 1 === line
}
