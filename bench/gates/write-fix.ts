import { GitPatchRepository } from '../../src/integrations/git/patch-repository.ts'
import type { FixCandidate, Location, Patch } from '../../src/pipeline/contracts.ts'
import { writePatch } from '../../src/pipeline/patching/write-patch.ts'
import type { ServiceDefinition } from '../../src/pipeline/services.ts'
import type { SampleFix } from './sample-fixes.ts'

/** The fix as the pipeline would hand it to the gates: a commit, with a test that replays the failing request. */
export async function patchOf(
  fix: SampleFix,
  service: ServiceDefinition,
  baseCommit: string,
): Promise<Patch> {
  const repository = new GitPatchRepository(service.repository)
  const text = (await repository.readFile(baseCommit, fix.file)) ?? ''
  if (!text.includes(fix.before)) throw new Error(`${fix.file} of ${fix.service} has no line to mend`)
  const candidateId = 'person'
  const recipe = {
    kind: 'template',
    templateId: 'none',
    file: fix.file,
    line: 1,
    newContent: text.replace(fix.before, fix.after),
  } as const
  const candidate: FixCandidate = {
    candidateId,
    strategy: 'template',
    title: `Mend ${fix.file}`,
    rationale: 'A person mends it.',
    confidence: 0.8,
    confidenceBasis: 'given',
    drawbacks: [],
    unavailable: null,
    recipe,
  }
  const plan = { incidentId: 'bench-1', candidates: [candidate], chosenId: candidateId }
  const location: Location = {
    incidentId: 'bench-1',
    service: fix.service,
    repository: service.repository,
    baseCommit,
    language: fix.language,
    file: fix.file,
    line: 1,
    symbol: null,
    snippet: { firstLine: 1, lines: [], markedLine: 1 },
    frames: [],
    exception: { type: 'error', message: 'it failed' },
    failingInput: fix.input,
    suspectCommit: null,
    blame: null,
    doubts: [],
  }
  const written = await writePatch(plan, {
    location,
    service,
    repository,
    atMs: 0,
  })
  if (written.kind !== 'done') throw new Error(JSON.stringify(written))
  return written.value
}
