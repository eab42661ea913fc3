import { basename } from 'node:path/posix'
import { basisOf, blameOf } from './commit-candidates.ts'
import { believe } from './confidence.ts'
import { countChanged } from './changed-lines.ts'
import { fingerprint, rounded, unavailable } from './candidate.ts'
import { templateFixes } from './templates/template-fixes.ts'
import { templateRefusals } from './templates/template-refusals.ts'
import type { Diagnosis, Fault, Location } from '../contracts.ts'
import type { ServiceDefinition } from '../services.ts'
import type { Weighed } from './candidate.ts'
import type { OutcomeHistory, PlanRepository } from './ports.ts'
import type { PlanningSettings } from './settings.ts'
import type { FaultSite, FixTemplate, TemplateFix } from './templates/fix-template.ts'

interface Deps {
  readonly diagnosis: Diagnosis
  readonly service: Pick<ServiceDefinition, 'objective'>
  readonly repository: PlanRepository
  readonly templates: readonly FixTemplate[]
  readonly outcomes: OutcomeHistory
  readonly settings: PlanningSettings
}

/**
 * The repairs that templates offer for the located line, most promising first, and those that would do harm there, with
 * the reason. One unavailable candidate where there is neither.
 */
export async function templateCandidates(location: Location, deps: Deps): Promise<readonly Weighed[]> {
  const text = await deps.repository.readFile(location.baseCommit, location.file)
  if (text === null) return [none(`${location.file} is not in ${location.baseCommit.slice(0, 12)}`)]
  const site = faultSite(location, text, deps)
  const fixes = templateFixes(deps.templates, site).slice(0, deps.settings.maxTemplateCandidates)
  const refused = templateRefusals(deps.templates, site).map(({ title, reason }) =>
    unavailable('template', titleAt(title, location), reason),
  )
  if (fixes.length + refused.length === 0) return [none(whyNone(location, deps.templates))]
  const weighed = await Promise.all(fixes.map((fix) => weigh(fix, location, text, deps)))
  return [...weighed, ...refused]
}

function titleAt(title: string, { file, line }: Location): string {
  return `${title} in ${basename(file)}:${line}`
}

function faultSite(location: Location, text: string, { settings, service }: Deps): FaultSite {
  const { language, file, line, exception } = location
  const { shareOfObjective, otherwiseMs } = settings.timeouts
  const { latencyP95Ms } = service.objective
  return {
    language,
    path: file,
    text,
    line,
    column: columnOf(location),
    exception,
    categories: categoriesFor(location, settings),
    timeoutMs: latencyP95Ms === null ? otherwiseMs : Math.max(1, Math.round(latencyP95Ms * shareOfObjective)),
  }
}

function categoriesFor({ fault }: Location, settings: PlanningSettings) {
  return fault === undefined ? {} : (settings.templatesForFaults[fault.kind] ?? {})
}

/** Only where the trace was printed for the very line: a source map or a shifted line moves the column as well. */
function columnOf({ frames, file, line }: Location): number | null {
  const frame = frames.find((located) => located.file === file)?.frame
  return frame !== undefined && frame.line === line && frame.file.endsWith(basename(file))
    ? frame.column
    : null
}

const FAULT_WORDS: Readonly<Record<Fault['kind'], string>> = {
  exception: 'the exception',
  errors: 'failures without an exception',
  'slow-answers': 'slow answers',
  exhaustion: 'the exhaustion of a resource',
}

async function weigh(fix: TemplateFix, location: Location, text: string, deps: Deps): Promise<Weighed> {
  const { template } = fix
  const byTrace = location.exception !== null
  const prior = byTrace
    ? template.confidence
    : (categoriesFor(location, deps.settings)[template.category] ?? template.confidence)
  const belief = await believe({ strategy: 'template', templateId: template.id, prior }, deps)
  // A trace names the place whoever brought the fault; a place found in the change is as right as the change is.
  const isOfConfig = deps.diagnosis.hypotheses[0]?.change?.kind === 'config'
  const sure = byTrace && !isOfConfig ? 1 : blameOf(deps)
  const { file, line } = location
  const candidate = {
    candidateId: fingerprint('template', [template.id, file, fix.replaced, fix.replacement]),
    strategy: 'template' as const,
    title: titleAt(fix.title, location),
    rationale: template.description,
    // How well the match agrees with the exception is a matter of this place, not of the template's history.
    confidence: rounded(sure * belief.confidence * Math.min(1.2, fix.confidence / prior)),
    confidenceBasis: basisOf(belief, deps),
    drawbacks: [...template.drawbacks, ...fix.notes],
    recipe: { kind: 'template' as const, templateId: template.id, file, line, newContent: fix.newText },
    unavailable: null,
  }
  return { candidate, cost: countChanged(text, fix.newText) * deps.settings.costs.changedLine }
}

function none(reason: string): Weighed {
  return unavailable('template', 'Repair the line with a template', reason)
}

function whyNone(location: Location, templates: readonly FixTemplate[]): string {
  const { language, exception, fault, file, line } = location
  if (!templates.some((template) => template.languages.includes(language)))
    return `there are no templates for ${language}`
  const what = exception?.type ?? FAULT_WORDS[fault?.kind ?? 'exception']
  return `no template fits ${what} on ${file}:${line}`
}
