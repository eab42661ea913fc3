import type { SgNode } from '@ast-grep/napi'
import type { FaultSite, FixTemplate } from './fix-template.ts'
import type { Captures } from './match-exception.ts'
import { findScope } from './scope.ts'
import type { Scope } from './scope.ts'

/** A match of a template, and what of the file would be replaced there. */
export interface Place {
  readonly site: FaultSite
  readonly root: SgNode
  readonly template: FixTemplate
  readonly match: SgNode
  readonly scope: Scope
  readonly captures: Captures
}

/** Null where the template does not fit around its match. */
export function placeOf(found: Omit<Place, 'scope'>): Place | null {
  const { site, template, match } = found
  const resource = match.getMatch('RESOURCE')?.text() ?? null
  const scope = findScope(template.scope, { match, language: site.language, text: site.text, resource })
  if (scope === null) return null
  if (!template.positions.includes(scope.position)) return null
  return template.reaches.includes(scope.reach) ? { ...found, scope } : null
}
