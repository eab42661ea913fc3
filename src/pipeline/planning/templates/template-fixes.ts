import { applyTemplate } from './apply-template.ts'
import { findMatches } from './find-matches.ts'
import type { TemplateMatch } from './find-matches.ts'
import { guardAgain } from './guard-again.ts'
import type { FaultSite, FixTemplate, TemplateFix } from './fix-template.ts'

/**
 * All ways in which the templates repair the fault, best first, the same text once. Only matches on the line that the
 * trace names count. Pure; an unparseable file gives what its sound parts give, and the syntax gate judges the result.
 */
export function templateFixes(templates: readonly FixTemplate[], site: FaultSite): readonly TemplateFix[] {
  const found = findMatches(templates, site).flatMap((each) => fixOf(each, site, templates))
  const fixes = withoutLaterUses(found, site)
    .map(({ fix }) => fix)
    .toSorted((a, b) => b.confidence - a.confidence || a.template.id.localeCompare(b.template.id))
  return fixes.filter((fix, index) => fixes.findIndex((other) => other.newText === fix.newText) === index)
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

function fixOf(found: TemplateMatch, site: FaultSite, templates: readonly FixTemplate[]): readonly Found[] {
  const { template, root, match, fit } = found
  const place = { site, root, template, match, captures: fit.captures }
  const fix = applyTemplate(place, fit.confidence)
  if (fix === null) return []
  const subject = match.getMatch('OBJ')?.text() ?? null
  return [{ fix: guardAgain(fix, match, { site, templates }), subject, start: match.range().start.index }]
}
