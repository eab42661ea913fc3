import { refusalAt } from './apply-template.ts'
import { findMatches } from './find-matches.ts'
import type { FaultSite, FixTemplate, TemplateRefusal } from './fix-template.ts'

/** The templates that fit the fault and would do harm there, with the reason; each reason once. */
export function templateRefusals(
  templates: readonly FixTemplate[],
  site: FaultSite,
): readonly TemplateRefusal[] {
  const refused = findMatches(templates, site)
    .flatMap(({ template, root, match, fit }) => {
      const refusal = refusalAt({ site, root, template, match, captures: fit.captures })
      return refusal === null ? [] : [refusal]
    })
    .toSorted((a, b) => b.template.confidence - a.template.confidence)
  return refused.filter((each, index) => refused.findIndex(({ reason }) => reason === each.reason) === index)
}
