import { describe, expect, it } from 'vitest'
import { planFix } from '../../../src/pipeline/planning/plan-fix.ts'
import { aDiagnosis, aLocation, aRepository, aService, planDeps } from './builders.ts'
import type { FixCandidate, FixPlan, Location } from '../../../src/pipeline/contracts.ts'
import type { PlanDeps } from '../../../src/pipeline/planning/plan-fix.ts'

async function plan(changes: Partial<PlanDeps> = {}, location: Location = aLocation()): Promise<FixPlan> {
  const outcome = await planFix(location, planDeps(changes))
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  return outcome.value
}

function chosen({ candidates, chosenId }: FixPlan): FixCandidate {
  const found = candidates.find(({ candidateId }) => candidateId === chosenId)
  if (found === undefined) throw new Error('the chosen candidate is not listed')
  return found
}

function ofStrategy({ candidates }: FixPlan, strategy: FixCandidate['strategy']): FixCandidate {
  const found = candidates.find((candidate) => candidate.strategy === strategy)
  if (found === undefined) throw new Error(`no ${strategy} candidate`)
  return found
}

const SUGGESTED = [
  '--- a/payment/receipt.py',
  '+++ b/payment/receipt.py',
  '@@ -3,1 +3,1 @@',
  '-    country = address["country"]',
  '+    country = (address or {}).get("country")',
  '',
].join('\n')

describe('a plan', () => {
  it('prefers the guard to the revert, and the revert to the roll-back', async () => {
    const made = await plan()
    expect(made.candidates.map(({ strategy }) => strategy)).toEqual([
      'template',
      'revert-commit',
      'roll-back-deploy',
      'ai-patch',
      'config-change',
    ])
    expect(chosen(made)).toMatchObject({
      title: 'Guard `address` against None in receipt.py:3',
      recipe: { kind: 'template', templateId: 'python-none-subscript', line: 3 },
    })
  })

  it('writes the whole new file into the recipe', async () => {
    const { recipe } = chosen(await plan())
    expect(recipe).toMatchObject({
      newContent: expect.stringContaining('country = address["country"] if address is not None else None\n'),
    })
  })

  it('says how many other commits a roll-back takes back', async () => {
    const rollBack = ofStrategy(await plan(), 'roll-back-deploy')
    expect(rollBack.drawbacks[0]).toBe('also takes back 2 other commits: "fees: maestro", "readme"')
  })

  it('lists what cannot be done last, with the reason', async () => {
    const made = await plan({ repository: aRepository(undefined, null) })
    expect(
      made.candidates.slice(-3).every(({ recipe, unavailable }) => recipe === null && unavailable !== null),
    ).toBe(true)
    expect(ofStrategy(made, 'revert-commit').unavailable).toContain('a later commit changed the same lines')
    expect(ofStrategy(made, 'ai-patch').unavailable).toBe('no model is configured')
  })

  it('is the same whenever the question is', async () => {
    expect(await plan()).toEqual(await plan())
  })

  it('does not offer again what was refused, and knows it by its repair on another base', async () => {
    const first = chosen(await plan()).candidateId
    const moved = aRepository({
      'payment/receipt.py': `# licence\n${(await aRepository().readFile('', 'payment/receipt.py')) ?? ''}`,
    })
    const made = await plan({ refused: [first], repository: moved }, aLocation({ line: 4 }))
    expect(ofStrategy(made, 'template')).toMatchObject({ candidateId: first, recipe: null })
    expect(chosen(made).strategy).not.toBe('template')
  })

  it('trusts the revert as far as the diagnosis trusts its change', async () => {
    const sure = ofStrategy(await plan({ diagnosis: aDiagnosis(1) }), 'revert-commit').confidence
    const unsure = ofStrategy(await plan({ diagnosis: aDiagnosis(0.4) }), 'revert-commit').confidence
    expect(unsure).toBeCloseTo(sure * 0.4, 2)
  })

  it('moves the confidence by what became of earlier fixes, and says so', async () => {
    const outcomesOf = async ({ strategy }: { strategy: string }) =>
      strategy === 'template' ? { worked: 0, failed: 12 } : { worked: 0, failed: 0 }
    const made = await plan({ outcomes: { outcomesOf } })
    expect(ofStrategy(made, 'template').confidenceBasis).toBe('worked 0 of 12 times')
    expect(chosen(made).strategy).not.toBe('template')
  })

  it('rolls back first and reverts afterwards where no narrower fix is left', async () => {
    const template = chosen(await plan()).candidateId
    const made = await plan({ refused: [template] })
    expect(chosen(made).strategy).toBe('roll-back-deploy')
    expect(made.lastingId).toBe(ofStrategy(made, 'revert-commit').candidateId)
  })

  it('goes on to the revert once the release before runs again', async () => {
    const template = chosen(await plan()).candidateId
    const made = await plan({ refused: [template], mitigated: true })
    expect(chosen(made).strategy).toBe('revert-commit')
    expect(made.lastingId).toBeUndefined()
    expect(ofStrategy(made, 'roll-back-deploy').unavailable).toContain('runs again already')
  })

  it('gives up with everything that was tried', async () => {
    const repository = aRepository({ 'payment/receipt.py': 'pass\n' }, null)
    const release = { ...planDeps().release, previousCommit: null }
    const outcome = await planFix(aLocation({ line: 1 }), planDeps({ repository, release }))
    expect(outcome).toMatchObject({ kind: 'gaveUp' })
    const reason = outcome.kind === 'gaveUp' ? outcome.reason : ''
    for (const part of [
      'no template fits TypeError',
      'cannot be taken back',
      'not known which release',
      'no model',
    ])
      expect(reason).toContain(part)
  })

  it('chooses nothing below the least confidence', async () => {
    const settings = { ...planDeps().settings, minConfidence: 0.99 }
    expect(await planFix(aLocation(), planDeps({ settings }))).toMatchObject({
      kind: 'gaveUp',
      reason: expect.stringContaining('is below 0.99'),
    })
  })

  it('hands a fault of the repository on instead of hiding it as a missing candidate', async () => {
    const broken = { ...aRepository(), revertedFiles: async () => Promise.reject(new Error('disk is full')) }
    await expect(planFix(aLocation(), planDeps({ repository: broken }))).rejects.toThrow('disk is full')
  })
})

describe('a call to an outside service that fails now and then', () => {
  const BANK = [
    'import json',
    'import urllib.request',
    '',
    '',
    'def rate(currency):',
    '    with urllib.request.urlopen(f"{BANK}/rates/{currency}", timeout=1) as answer:',
    '        return json.load(answer)',
    '',
    '',
    'def transfer(order):',
    '    request = urllib.request.Request(BANK, data=json.dumps(order).encode())',
    '    with urllib.request.urlopen(request, timeout=1) as answer:',
    '        return json.load(answer)',
    '',
  ].join('\n')
  const exception = { type: 'HTTPError', message: 'HTTP Error 503: Service Unavailable' }
  const repository = aRepository({ 'payment/bank.py': BANK })

  it('is repeated where it only reads', async () => {
    const made = await plan({ repository }, aLocation({ file: 'payment/bank.py', line: 6, exception }))
    expect(chosen(made).recipe).toMatchObject({
      templateId: 'python-urlopen-retry',
      newContent: expect.stringContaining('with ask_again(lambda: urllib.request.urlopen(f"{BANK}'),
    })
  })

  it('is not repeated where that may charge twice, and the plan says so', async () => {
    const made = await plan({ repository }, aLocation({ file: 'payment/bank.py', line: 12, exception }))
    expect(ofStrategy(made, 'template')).toMatchObject({
      title: 'Ask `urllib.request.urlopen` again where it fails in bank.py:12',
      recipe: null,
      unavailable:
        'not retried: POST is not idempotent, a second one may do twice what the first has done (with an Idempotency-Key header it could be retried)',
    })
    expect(chosen(made).strategy).not.toBe('template')
  })
})

describe('a model', () => {
  const noOthers = {
    templates: [],
    repository: aRepository(undefined, null),
    release: { ...planDeps().release, previousCommit: null },
  }

  it('is not asked while a better-founded fix is at hand', async () => {
    const suggestPatch = { suggest: async () => Promise.reject(new Error('was asked')) }
    expect(ofStrategy(await plan({ suggestPatch }), 'ai-patch').unavailable).toContain('not asked for')
  })

  it('is asked where nothing else helps, and its patch becomes a candidate if it applies', async () => {
    const suggestPatch = {
      suggest: async () => ({ kind: 'suggested' as const, diff: SUGGESTED, model: 'm-1' }),
    }
    const made = await plan({ ...noOthers, suggestPatch })
    expect(chosen(made)).toMatchObject({ strategy: 'ai-patch', recipe: { kind: 'ai-patch', model: 'm-1' } })
  })

  it.each([
    ['does not apply', SUGGESTED.replace('-    country = address', '-    country = adress')],
    ['is no unified diff', 'Just restart it.'],
    ['may not be touched', SUGGESTED.replaceAll('payment/receipt.py', '.github/workflows/ci.yml')],
    ['adds, deletes or renames', SUGGESTED.replace('+++ b/payment/receipt.py', '+++ /dev/null')],
    ['was not shown to it', SUGGESTED.replaceAll('payment/receipt.py', 'payment/fraud.py')],
    ['is no path', SUGGESTED.replaceAll('payment/receipt.py', '../receipt.py')],
  ])('is refused when its answer %s', async (why, diff) => {
    const suggestPatch = { suggest: async () => ({ kind: 'suggested' as const, diff, model: 'm-1' }) }
    const outcome = await planFix(aLocation(), planDeps({ ...noOthers, suggestPatch }))
    expect(outcome).toMatchObject({ kind: 'gaveUp', reason: expect.stringContaining(why) })
  })

  it('is told why earlier tries came to nothing, without secrets and in short', async () => {
    const seen: (readonly string[])[] = []
    const suggestPatch = {
      suggest: async ({ earlierTries }: { readonly earlierTries: readonly string[] }) => {
        seen.push(earlierTries)
        return { kind: 'none' as const, reason: 'm-1 says that no small change cures it' }
      },
    }
    const earlierTries = ['1', '2', `password=hunter2 ${'x'.repeat(900)}`, '4', '5']
    await planFix(aLocation(), planDeps({ ...noOthers, suggestPatch, earlierTries }))
    expect(seen[0]).toHaveLength(4)
    expect(seen[0]?.[1]).toMatch(/^password=\[redacted\] x+$/)
    expect(seen[0]?.[1]?.length).toBe(400)
  })

  it('is not shown a file that holds a secret', async () => {
    const secret = `KEY = "AKIA${'A'.repeat(16)}"\n`
    const suggestPatch = { suggest: async () => Promise.reject(new Error('was asked')) }
    const repository = aRepository({ 'payment/receipt.py': secret }, null)
    const outcome = await planFix(aLocation({ line: 1 }), planDeps({ ...noOthers, repository, suggestPatch }))
    expect(outcome).toMatchObject({ kind: 'gaveUp', reason: expect.stringContaining('holds secrets') })
  })
})

describe('a plan for a line that no trace names', () => {
  const CALL =
    'from urllib.request import urlopen\n\n\ndef score(order):\n    return urlopen(order["url"]).read()\n'
  const slow = aLocation({
    line: 5,
    exception: null,
    fault: { kind: 'slow-answers', because: 'latency p95 rose from 20 ms to 1.4 s', usualMs: 20 },
  })
  const repository = aRepository({ 'payment/receipt.py': CALL })

  it('tries the templates of the fault, with a time-out that leaves the service within its objective', async () => {
    const service = aService({ objective: { errorRatio: 0.01, latencyP95Ms: 300 } })
    const made = chosen(await plan({ repository, service }, slow))
    expect(made.title).toBe('Give `urlopen` a timeout of 150 ms in receipt.py:5')
    expect(made.recipe).toMatchObject({
      newContent: expect.stringContaining('urlopen(order["url"], timeout=0.15).read()'),
    })
  })

  it('waits five seconds where the service has no objective for its latency', async () => {
    const made = chosen(await plan({ repository }, slow))
    expect(made.title).toContain('a timeout of 5 s')
  })

  it('is no surer than the diagnosis is of the change', async () => {
    const confidenceAt = async (confidence: number) =>
      chosen(await plan({ repository, diagnosis: aDiagnosis(confidence) }, slow)).confidence
    expect(await confidenceAt(0.9)).toBeCloseTo(0.75 * 0.9)
    expect(await confidenceAt(0.6)).toBeCloseTo(0.75 * 0.6)
  })

  it('tries no template of another kind of fault', async () => {
    const errors = { ...slow, fault: { kind: 'errors' as const, because: 'success ratio fell' } }
    const made = ofStrategy(await plan({ repository }, errors), 'template')
    expect(made.unavailable).toBe('no template fits failures without an exception on payment/receipt.py:5')
  })

  it('closes what an exhausted resource needs closed', async () => {
    const text = 'import json\n\n\ndef rates(path):\n    return json.load(open(path))\n'
    const full = {
      ...slow,
      fault: { kind: 'exhaustion' as const, resource: 'open files' as const, because: '', perRequest: 1 },
    }
    const made = chosen(await plan({ repository: aRepository({ 'payment/receipt.py': text }) }, full))
    expect(made.recipe).toMatchObject({
      newContent: expect.stringContaining('with open(path) as file:\n        return json.load(file)'),
    })
  })

  it("closes no descriptor twice: its number may be somebody else's by then", async () => {
    const full = {
      ...slow,
      line: 5,
      fault: { kind: 'exhaustion' as const, resource: 'open files' as const, because: '', perRequest: 1 },
    }
    const opening =
      'import os\n\n\ndef note(line):\n    log = os.open(PATH, os.O_APPEND)\n    os.write(log, line)\n'
    const planned = async (text: string) =>
      ofStrategy(await plan({ repository: aRepository({ 'payment/receipt.py': text }) }, full), 'template')
    expect((await planned(opening)).recipe).toMatchObject({
      templateId: 'python-descriptor-kept-open',
      newContent: expect.stringContaining(
        '    try:\n        os.write(log, line)\n    finally:\n        os.close(log)\n',
      ),
    })
    expect((await planned(`${opening}    os.close(log)\n`)).unavailable).toContain('no template fits')
  })
})

describe('a fault that is older than the incident', () => {
  const [first] = aDiagnosis().hypotheses
  const unchanged = { ...aDiagnosis(), hypotheses: [{ ...first!, change: null }] }

  it('cannot be rolled back: no release is blamed', async () => {
    const made = await plan({ diagnosis: unchanged })
    expect(ofStrategy(made, 'roll-back-deploy').unavailable).toBe('no release of this service is blamed')
  })
})
