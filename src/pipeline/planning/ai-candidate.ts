import { redactSecrets } from '../signals/redact-secrets.ts'
import { believe } from './confidence.ts'
import { fingerprint, rounded, unavailable } from './candidate.ts'
import { judgeDiff } from './judge-diff.ts'
import type { Diagnosis, Location } from '../contracts.ts'
import type { ServiceDefinition } from '../services.ts'
import type { Weighed } from './candidate.ts'
import type { OutcomeHistory, PatchQuestion, PatchSuggester, PlanRepository } from './ports.ts'
import type { PlanningSettings } from './settings.ts'

interface Deps {
  readonly diagnosis: Diagnosis
  readonly service: ServiceDefinition
  readonly repository: PlanRepository
  readonly outcomes: OutcomeHistory
  readonly suggestPatch: PatchSuggester | null
  readonly settings: PlanningSettings
  /** What the best of the other candidates is worth. */
  readonly bestOther: number
  readonly earlierTries: readonly string[]
}

const TITLE = 'Patch written by a model'
const MAX_SOURCES = 3
const MAX_SOURCE_LENGTH = 60_000
const MAX_TRIES = 4

/** Asks a model where one is configured; its answer counts only if it is a small diff that applies where it may. */
export async function aiCandidate(location: Location, deps: Deps): Promise<Weighed> {
  if (deps.suggestPatch === null) return unavailable('ai-patch', TITLE, 'no model is configured')
  if (location.config !== undefined)
    return unavailable('ai-patch', TITLE, 'not asked for: the suspected cause is a change of configuration')
  if (deps.bestOther >= deps.settings.aiPatch.askBelow)
    return unavailable('ai-patch', TITLE, 'not asked for: another fix is well founded')
  const question = await questionFor(location, deps)
  if (question.sources.length === 0)
    return unavailable(
      'ai-patch',
      TITLE,
      'the file is too large or holds secrets: it is not shown to a model',
    )
  const answer = await deps.suggestPatch.suggest(question)
  if (answer.kind === 'none') return unavailable('ai-patch', TITLE, answer.reason)
  const judged = await judgeDiff(answer.diff, {
    read: (path) => deps.repository.readFile(location.baseCommit, path),
    shown: question.sources.map(({ path }) => path),
    forbidden: [...deps.settings.aiPatch.forbiddenPaths, ...deps.service.protectedPaths],
    maxFiles: deps.settings.aiPatch.maxFiles,
    maxChangedLines: deps.settings.aiPatch.maxChangedLines,
  })
  if (judged.kind === 'refused')
    return unavailable('ai-patch', TITLE, `the answer of ${answer.model} is refused: ${judged.why}`)
  const prior = deps.settings.priors.aiPatch
  const belief = await believe({ strategy: 'ai-patch', templateId: null, prior }, deps)
  return {
    candidate: {
      candidateId: fingerprint('ai-patch', [answer.diff]),
      strategy: 'ai-patch',
      title: `Patch by ${answer.model} for ${location.file}:${location.line}`,
      rationale: 'A model was shown the trace and the source; its patch applies and stays within bounds.',
      confidence: rounded(belief.confidence),
      confidenceBasis: belief.basis,
      drawbacks: ['nobody knows why it is right until somebody reads it'],
      recipe: { kind: 'ai-patch', diff: answer.diff, model: answer.model },
      unavailable: null,
    },
    cost: judged.changedLines * deps.settings.costs.changedLine,
  }
}

async function questionFor(location: Location, deps: Deps): Promise<PatchQuestion> {
  const paths = [location.file, ...location.frames.flatMap((frame) => frame.file ?? [])]
  const sources: { path: string; content: string }[] = []
  for (const path of [...new Set(paths)].slice(0, MAX_SOURCES)) {
    const content = await deps.repository.readFile(location.baseCommit, path)
    // A source in which something had to be redacted cannot be patched by its text, and is not shown.
    if (content === null || content.length > MAX_SOURCE_LENGTH || redactSecrets(content) !== content) continue
    sources.push({ path, content })
  }
  const { type, message } = location.exception ?? {
    type: 'No exception',
    message: location.fault?.because ?? 'the fault is not measured',
  }
  return {
    language: location.language,
    file: location.file,
    line: location.line,
    exception: { type, message: redactSecrets(message) },
    frames: location.frames.flatMap(({ file, frame }) =>
      file === null ? [] : [`${file}:${frame.line ?? '?'} ${frame.symbol ?? ''}`.trim()],
    ),
    sources: sources.some(({ path }) => path === location.file) ? sources : [],
    evidence: evidenceOf(deps.diagnosis),
    earlierTries: deps.earlierTries.slice(-MAX_TRIES).map(shortened),
    maxChangedLines: deps.settings.aiPatch.maxChangedLines,
    deadlineMs: deps.settings.aiPatch.deadlineMs,
  }
}

function evidenceOf({ symptom, hypotheses }: Diagnosis): readonly string[] {
  const texts = hypotheses[0]?.evidenceFor.map(({ text }) => text) ?? []
  return [symptom.text, ...texts].slice(0, 8).map(shortened)
}

function shortened(text: string): string {
  return redactSecrets(text).slice(0, 400)
}
