import type { NapiConfig, SgNode } from '@ast-grep/napi'
import { parseSource } from '../../signals/parse-source.ts'
import { applyTemplate } from './apply-template.ts'
import { enclosingFunction } from './derived.ts'
import { grammarOf } from './grammar/grammar-of.ts'
import { mentionedInCheck } from './later-uses.ts'
import type { FaultSite, FixTemplate, TemplateFix } from './fix-template.ts'

interface Context {
  readonly site: FaultSite
  readonly templates: readonly FixTemplate[]
}

/** More uses than this are not guarded one by one: a guard around all of them is a person's work. */
const MAX_USES = 5
const UNGUARDED = 0.5

/**
 * A value that is absent on one line is absent on the next: guards the other uses of it in the same function as well,
 * as far as no check or assignment stands between. Where a use stays unguarded, the fix says so and is trusted less.
 */
export function guardAgain(first: TemplateFix, match: SgNode, { site, templates }: Context): TemplateFix {
  const subject = match.getMatch('OBJ')?.text()
  const around = enclosingFunction(match, site.language)
  if (first.template.category !== 'null-check' || subject === undefined || around === null) return first
  const guards = templates.filter(guardsValues)
  let fix = first
  for (let count = 0; count <= MAX_USES; count += 1) {
    const text = fix.newText
    const here = { ...site, text }
    const root = parseSource(site.language, text, site.path).root()
    const uses = usesOf(subject, root, guards, here, {
      after: fix.at.end,
      functionStart: around.range().start.index,
    })
    const [next] = uses
    if (next === undefined) return fix
    const again = count === MAX_USES ? null : bestOf(uses, { root, here })
    if (again === null) return unguarded(fix, subject, next.match)
    fix = joined(fix, again)
  }
  return fix
}

/** Only templates that guard against an absent `$OBJ`, not those that look for a key or count items. */
function guardsValues(template: FixTemplate): boolean {
  const types = template.exceptions.flatMap((pattern) => pattern.types)
  return (
    template.category === 'null-check' &&
    template.scope !== 'match' &&
    !template.fix.includes('$FRESH_') &&
    types.every((type) => ['TypeError', 'AttributeError', 'NullPointerException'].includes(type))
  )
}

interface Use {
  readonly template: FixTemplate
  readonly match: SgNode
}

/** The templates' matches on the first unguarded use of the subject after an offset. */
function usesOf(
  subject: string,
  root: SgNode,
  templates: readonly FixTemplate[],
  site: FaultSite,
  within: { readonly after: number; readonly functionStart: number },
): readonly Use[] {
  const around = functionAt(root, within.functionStart, site)
  const uses = templates
    .filter((template) => template.languages.includes(site.language))
    .flatMap((template) => {
      const rule = { rule: template.rule, constraints: template.constraints } as NapiConfig
      return around.findAll(rule).map((match) => ({ template, match }))
    })
    .filter(({ match }) => match.getMatch('OBJ')?.text() === subject)
    .filter(({ match }) => match.range().start.index >= within.after)
    .filter(
      ({ match }) => enclosingFunction(match, site.language)?.range().start.index === within.functionStart,
    )
  const start = Math.min(...uses.map(({ match }) => match.range().start.index))
  const first = uses.filter(({ match }) => match.range().start.index === start)
  const [one] = first
  if (one === undefined || mentionedInCheck(one.match, subject)) return []
  return isSettledBetween(one.match, subject, site, within.after) ? [] : first
}

/** The function that begins at this offset, or the file where none does. */
function functionAt(root: SgNode, start: number, site: FaultSite): SgNode {
  const { functions } = grammarOf(site.language)
  let node = root
  for (;;) {
    if (node.range().start.index === start && functions.has(String(node.kind())) && node.id() !== root.id())
      return node
    const next = node
      .children()
      .find((child) => child.range().start.index <= start && child.range().end.index > start)
    if (next === undefined) return root
    node = next
  }
}

/** Whether the subject is checked or set anew between an offset and its use: then nothing is known of it any more. */
function isSettledBetween(use: SgNode, subject: string, site: FaultSite, after: number): boolean {
  const around = enclosingFunction(use, site.language)
  if (around === null) return true
  const { bindings, checks } = grammarOf(site.language)
  const isBetween = (node: SgNode): boolean =>
    node.range().start.index >= after && node.range().start.index < use.range().start.index
  const set = around.findAll({ rule: { any: bindings.map((kind) => ({ kind })) } }).filter(isBetween)
  const asked = around.findAll({ rule: { any: checks.map((kind) => ({ kind })) } }).filter(isBetween)
  return (
    set.some((node) => (node.field('left') ?? node.field('name'))?.text() === subject) ||
    asked.some((node) => (node.field('condition') ?? node).text().includes(subject))
  )
}

function bestOf(
  uses: readonly Use[],
  { root, here }: { readonly root: SgNode; readonly here: FaultSite },
): TemplateFix | null {
  const fixes = uses.flatMap(({ template, match }) => {
    const line = match.range().start.line + 1
    const site = { ...here, line, column: null }
    return applyTemplate({ site, root, template, match, captures: {} }, template.confidence) ?? []
  })
  return fixes.toSorted((a, b) => b.confidence - a.confidence)[0] ?? null
}

function joined(first: TemplateFix, second: TemplateFix): TemplateFix {
  return {
    ...first,
    newText: second.newText,
    at: second.at,
    replaced: `${first.replaced}\n${second.replaced}`,
    replacement: `${first.replacement}\n${second.replacement}`,
    notes: [...new Set([...first.notes, ...second.notes])],
  }
}

function unguarded(fix: TemplateFix, subject: string, use: SgNode): TemplateFix {
  const note = `\`${subject}\` is used once more without a guard, on line ${use.range().start.line + 1}`
  return { ...fix, confidence: fix.confidence * UNGUARDED, notes: [...fix.notes, note] }
}
