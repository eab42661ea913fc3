import { describe, expect, it } from 'vitest'
import { GitSourceRepository } from '../../../src/integrations/git/source-repository.ts'
import { localizeConfig } from '../../../src/pipeline/localization/localize-config.ts'
import { TemporaryRepository } from '../../integrations/git/temp-repository.ts'
import { aDiagnosis } from './a-diagnosis.ts'
import type { Location } from '../../../src/pipeline/contracts.ts'

const HEALTHY = '# points\nDECLINE=70\n\nSETTLE_EUR=FRA\nSETTLE_GBP=LON\nSETTLE_USD=NYC\n'
const RENAMED = HEALTHY.replace('SETTLE_GBP=LON', 'SETTLE_GPB=EDI')
const TRACE = `Traceback (most recent call last):
  File "/app/payment/settlement.py", line 10, in account_for
    return ACCOUNTS[currency]
KeyError: 'GBP'`

interface Asked {
  readonly repository: TemporaryRepository
  readonly previous: string | null
  readonly trace?: string
  readonly path?: string
  readonly surfaced?: Location
}

function ask({ repository, previous, trace = TRACE, path = 'payment.env', surfaced }: Asked) {
  return localizeConfig(aDiagnosis(trace), {
    service: { name: 'payment', language: 'python' },
    path,
    repository: new GitSourceRepository(repository.directory),
    deployedCommit: repository.head(),
    previousCommit: previous,
    surfaced: surfaced ?? null,
  })
}

async function found(asked: Asked): Promise<Location> {
  const outcome = await ask(asked)
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  return outcome.value
}

/** A configuration released with two commits: the first renames a key, the second is harmless. */
function renamed() {
  const repository = new TemporaryRepository()
  const previous = repository.commit('the settings', { 'payment.env': HEALTHY })
  const culprit = repository.commit('pounds in Edinburgh', { 'payment.env': RENAMED })
  repository.commit('decline from 72', { 'payment.env': RENAMED.replace('=70', '=72') })
  return { repository, previous, culprit }
}

describe('localization of a change of configuration', () => {
  it('points at the setting that the exception names, in its file, with its line and the commit behind it', async () => {
    const { repository, previous, culprit } = renamed()
    expect(await found({ repository, previous })).toMatchObject({
      service: 'payment',
      repository: repository.directory,
      baseCommit: repository.head(),
      file: 'payment.env',
      line: 5,
      symbol: 'SETTLE_GBP',
      exception: { type: 'KeyError', message: "'GBP'" },
      config: { change: 'SETTLE_GBP removed (was LON)', surfaced: null },
      blame: { commit: culprit },
      suspectCommit: {
        commit: culprit,
        subject: 'pounds in Edinburgh',
        because: 'it removed SETTLE_GBP, and the exception names GBP',
      },
      snippet: { markedLine: 5 },
      doubts: ['the configuration changed besides: DECLINE 70 -> 72; SETTLE_GPB added (EDI)'],
    })
  })

  it('needs no exception: a number of another magnitude is suspected first', async () => {
    const repository = new TemporaryRepository()
    const before = 'limits:\n  EUR: 250000\n  retries: 3\n'
    const previous = repository.commit('limits', { 'payment.yaml': before })
    const culprit = repository.commit('limits: from the new contract', {
      'payment.yaml': before.replace('250000', '2500').replace('3', '4'),
    })
    const location = await found({ repository, previous, trace: '', path: 'payment.yaml' })
    expect(location).toMatchObject({
      line: 2,
      symbol: 'limits.EUR',
      exception: null,
      suspectCommit: {
        commit: culprit,
        because: 'it changed limits.EUR, by a factor of 100, as if in another unit',
      },
      doubts: ['the configuration changed besides: limits.retries 3 -> 4'],
    })
  })

  it('says so where nothing singles one of several settings out', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('a', { 'payment.env': 'A=x\nB=y\n' })
    repository.commit('b', { 'payment.env': 'A=u\nB=v\n' })
    const { symbol, doubts } = await found({ repository, previous, trace: '' })
    expect(symbol).toBe('A')
    expect(doubts[0]).toBe('nothing singles it out among what the configuration changed besides: B y -> v')
  })

  it('blames the last commit that changed the setting, not one that set it before', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('a', { 'payment.env': 'A=1\n' })
    repository.commit('b', { 'payment.env': 'A=2\n' })
    const culprit = repository.commit('c', { 'payment.env': 'A=3\n' })
    repository.commit('d', { 'payment.env': '# said\nA=3\n' })
    expect((await found({ repository, previous })).suspectCommit?.commit).toBe(culprit)
  })

  it('names no commit where the configuration went back to an older one', async () => {
    const repository = new TemporaryRepository()
    const older = repository.commit('a', { 'payment.env': 'A=1\n' })
    const previous = repository.commit('b', { 'payment.env': 'A=2\n' })
    repository.git('checkout', '--quiet', older)
    const { suspectCommit, doubts } = await found({ repository, previous })
    expect(suspectCommit).toBeNull()
    expect(doubts).toContain('no commit between the two configurations changed the setting')
  })

  it('never shows a secret, neither in the change nor in the lines around it', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('a', { 'payment.yaml': 'client_secret: hunter1\nurl: a\n' })
    repository.commit('b', { 'payment.yaml': 'client_secret: hunter2\nurl: b\n' })
    const location = await found({ repository, previous, trace: '', path: 'payment.yaml' })
    expect(location.config?.change).toBe('client_secret [redacted] -> [redacted]')
    expect(JSON.stringify(location)).not.toContain('hunter')
  })

  it.each([
    ['what ran before is not known', null, /which configuration of payment ran before is not known/],
    ['no setting differs', 'same', /no setting in payment\.env differs between \w{12} and \w{12}/],
    ['the file is not there', 'gone', /at \w{12} has no file payment\.env/],
  ])('gives up where %s', async (_, story, reason) => {
    const repository = new TemporaryRepository()
    const first = repository.commit('a', { 'payment.env': 'A=1\n', 'other.env': 'B=1\n' })
    if (story === 'same') repository.commit('b', { 'payment.env': '# said\nA=1\n' })
    if (story === 'gone') repository.commit('b', { 'payment.env': null })
    const outcome = await ask({ repository, previous: story === null ? null : first })
    expect(outcome).toMatchObject({ kind: 'gaveUp', reason: expect.stringMatching(reason) })
  })
})
