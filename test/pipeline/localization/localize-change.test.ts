import { describe, expect, it } from 'vitest'
import { GitSourceRepository } from '../../../src/integrations/git/source-repository.ts'
import { localize } from '../../../src/pipeline/localization/localize.ts'
import { TemporaryRepository } from '../../integrations/git/temp-repository.ts'
import { aDiagnosis } from './a-diagnosis.ts'
import type { Fault, Location } from '../../../src/pipeline/contracts.ts'

const SLOW: Fault = { kind: 'slow-answers', because: 'latency p95 rose from 20 ms to 1.4 s', usualMs: 20 }
const FULL: Fault = {
  kind: 'exhaustion',
  resource: 'open files',
  because: 'OSError: [Errno 24] Too many open files at rates.py:2',
  perRequest: 1,
}

const CHARGE = 'def charge(order):\n    return {"order": order["id"]}\n'
const SCORED = `import urllib.request


def outside_score(order):
    with urllib.request.urlopen(SCORING + order["id"]) as answer:
        return int(answer.read())


def charge(order):
    return {"order": order["id"], "score": outside_score(order)}
`
const RATES =
  'import json\n\n\ndef rates():\n    with open("rates.json") as file:\n        return json.load(file)\n'

const TRACE = `Traceback (most recent call last):
  File "/app/payment/rates.py", line 5, in rates
    with open("rates.json") as file:
OSError: [Errno 24] Too many open files: 'rates.json'`

function ask(repository: TemporaryRepository, fault: Fault, previous: string | null, trace = '') {
  return localize(
    { ...aDiagnosis(trace), fault },
    {
      service: { name: 'payment', codeRoots: ['/app'] },
      repository: new GitSourceRepository(repository.directory),
      deployedCommit: repository.head(),
      previousCommit: previous,
    },
  )
}

async function found(...asked: Parameters<typeof ask>): Promise<Location> {
  const outcome = await ask(...asked)
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  return outcome.value
}

describe('localization without a trace', () => {
  it('finds the call without a time-out that the release added, and the commit that added it', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', { 'payment/charge.py': CHARGE, 'payment/rates.py': RATES })
    repository.commit('rates: cache', { 'payment/rates.py': `${RATES}\n\nCACHE = {}\n` })
    const culprit = repository.commit('charge: ask the scoring company', { 'payment/charge.py': SCORED })
    repository.commit('readme', { 'README.md': 'x\n' })
    const location = await found(repository, SLOW, previous)
    expect(location).toMatchObject({
      file: 'payment/charge.py',
      line: 5,
      symbol: 'outside_score',
      exception: null,
      fault: SLOW,
      failingInput: null,
      frames: [],
      suspectCommit: { commit: culprit, because: expect.stringContaining('last changed the marked line') },
    })
    expect(location.doubts[0]).toMatch(
      /^no trace names the line; it was found among the \d+ lines of code that the release changed in 2 files: `urllib\.request\.urlopen\(SCORING \+ order\["id"\]\)` has no time-out$/,
    )
  })

  it('passes over the victim that a trace of an exhausted resource names', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', { 'payment/charge.py': CHARGE, 'payment/rates.py': RATES })
    const journal =
      'import os\n\n\ndef note(line):\n    fd = os.open("journal", os.O_APPEND)\n    os.write(fd, line)\n'
    repository.commit('journal', { 'payment/journal.py': journal })
    const location = await found(repository, FULL, previous, TRACE)
    expect(location).toMatchObject({ file: 'payment/journal.py', line: 5, symbol: 'note', exception: null })
    expect(location.doubts[0]).toContain('is opened and never closed')
    expect(location.doubts[1]).toBe(
      'OSError was thrown at payment/rates.py:5, a victim: it asked when no open files were left',
    )
  })

  it('names what is as likely by its looks', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', { 'a.py': 'x = 1\n' })
    repository.commit('calls', {
      'a.py':
        'import requests\n\n\ndef a():\n    requests.get(URL)\n\n\ndef b():\n    requests.get(URL, timeout=1)\n    requests.post(URL, data=1)\n',
    })
    const location = await found(repository, SLOW, previous)
    expect(location.line).toBe(5)
    expect(location.doubts[1]).toBe(
      'as likely by its looks: a.py:10 (`requests.post(URL, data=1)` has no time-out)',
    )
  })

  it('looks in a changed function at lines that were not changed, and says so', async () => {
    const repository = new TemporaryRepository()
    const old = 'import requests\n\n\ndef a(flag):\n    if flag == 1:\n        requests.get(URL)\n'
    const previous = repository.commit('start', { 'a.py': old })
    repository.commit('always', { 'a.py': old.replace('flag == 1', 'flag != 1') })
    const location = await found(repository, SLOW, previous)
    expect(location.line).toBe(6)
    expect(location.doubts[0]).toContain('on a line that it did not change itself')
  })

  it('marks the largest change where nothing stands out, and says that it is no more', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', { 'a.py': 'x = 1\n', 'b.py': 'y = 1\n' })
    repository.commit('more', { 'a.py': 'x = 2\n', 'b.py': 'y = 1\n\n\ndef f():\n    return y\n' })
    const location = await found(repository, { kind: 'errors', because: 'success fell' }, previous)
    expect(location).toMatchObject({ file: 'b.py', line: 4, symbol: 'f' })
    expect(location.doubts[0]).toContain('nothing in them stands out')
  })

  it('does not suspect tests', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', { 'a.py': 'x = 1\n' })
    repository.commit('test', {
      'tests/test_a.py': 'import requests\n\nrequests.get(URL)\n',
      'a.py': 'x = 2\n',
    })
    expect(await found(repository, SLOW, previous)).toMatchObject({ file: 'a.py', line: 1 })
  })

  it('gives up where it is not known what the release changed, or where it changed no code', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', { 'a.py': 'x = 1\n' })
    expect(await ask(repository, SLOW, null)).toMatchObject({
      kind: 'gaveUp',
      reason: expect.stringContaining('what a release changed in payment is not known'),
    })
    repository.commit('readme', { 'README.md': 'x\n' })
    expect(await ask(repository, SLOW, previous)).toMatchObject({
      kind: 'gaveUp',
      reason: expect.stringContaining('changed no code'),
    })
  })
})
