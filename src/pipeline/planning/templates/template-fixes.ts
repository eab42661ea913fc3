import type { NapiConfig, SgNode } from '@ast-grep/napi'
import { parseSource } from '../../signals/parse-source.ts'
import { applyTemplate } from './apply-template.ts'
import { guardAgain } from './guard-again.ts'
import { matchException } from './match-exception.ts'
import type { FaultSite, FixTemplate, TemplateFix } from './fix-template.ts'
import type { ExceptionMatch } from './match-exception.ts'

/** Files beyond this are not repaired by templates: a parse would cost more than the two seconds a plan may take. */
const MAX_SOURCE_LENGTH = 1_000_000
/**
 * All ways in which the templates repair the fault, best first, the same text once. Only matches on the line that the
 * trace names count. Pure; an unparseable file gives what its sound parts give, and the syntax gate judges the result.
 */
export function templateFixes(templates: readonly FixTemplate[], site: FaultSite): readonly TemplateFix[] {
  if (site.text.length > MAX_SOURCE_LENGTH) return []
  const root = parseSource(site.language, site.text, site.path).root()
  const around = nodeAround(root, site.line - 1)
  const found = templates
    .filter((template) => template.languages.includes(site.language))
    .flatMap((template) => fixesOf(template, site, { root, around }, templates))
  const fixes = withoutLaterUses(found, site)
    .map(({ fix }) => fix)
    .toSorted((a, b) => b.confidence - a.confidence || a.template.id.localeCompare(b.template.id))
  return fixes.filter((fix, index) => fixes.findIndex((other) => other.newText === fix.newText) === index)
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

interface Found {
  readonly fix: TemplateFix
  /** The value that is taken to be absent, and where it is used. */
  readonly subject: string | null
  readonly start: number
}

/** Of several uses of the same value the first has failed, unless the trace gives a column. */
function withoutLaterUses(found: readonly Found[], site: FaultSite): readonly Found[] {
  if (site.column !== null) return found
  return found.filter(
    ({ fix, subject, start }) =>
      fix.template.category !== 'null-check' ||
      subject === null ||
      !found.some((other) => other.subject === subject && other.start < start),
  )
}

function fixesOf(
  template: FixTemplate,
  site: FaultSite,
  { root, around }: { readonly root: SgNode; readonly around: SgNode },
  templates: readonly FixTemplate[],
): readonly Found[] {
  const exception = fitOf(template, site)
  if (exception === null) return []
  const rule = { rule: template.rule, constraints: template.constraints } as NapiConfig
  return around
    .findAll(rule)
    .filter((match) => isOnLine(match, site.line))
    .flatMap((match) => {
      const { captures, confidence } = exception
      const fix = applyTemplate({ site, root, template, match, captures }, confidence)
      if (fix === null) return []
      const subject = match.getMatch('OBJ')?.text() ?? null
      return [{ fix: guardAgain(fix, match, { site, templates }), subject, start: match.range().start.index }]
    })
}

/** By the exception where there is one, else by the category alone. */
function fitOf(
  template: FixTemplate,
  site: FaultSite,
): Pick<ExceptionMatch, 'captures' | 'confidence'> | null {
  if (site.exception !== null) return matchException(template, site.exception)
  const prior = site.categories?.[template.category]
  return prior === undefined ? null : { captures: {}, confidence: prior }
}

/** The trace names the line on which an expression begins or, in a chain over several lines, that of the last link. */
function isOnLine(match: SgNode, line: number): boolean {
  const { start, end } = match.range()
  return start.line + 1 === line || end.line + 1 === line
}
