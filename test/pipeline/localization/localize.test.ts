import { describe, expect, it } from 'vitest'
import { GitSourceRepository } from '../../../src/integrations/git/source-repository.ts'
import { localize } from '../../../src/pipeline/localization/localize.ts'
import { TemporaryRepository } from '../../integrations/git/temp-repository.ts'
import { aDiagnosis } from './a-diagnosis.ts'
import type { Diagnosis, Location } from '../../../src/pipeline/contracts.ts'

const RECEIPT = `def line_total(line):
    return line["price"] * line["quantity"]


class Receipt:
    def address(self, order):
        address = order.get("address")
        return address["city"]

    def total(self, order):
        return sum(line_total(line) for line in order["lines"])
`

const TRACE = `Traceback (most recent call last):
  File "/app/payment/app.py", line 3, in charge
    return Receipt().address(order)
  File "/app/payment/receipt.py", line 8, in address
    return address["city"]
TypeError: 'NoneType' object is not subscriptable`

const APP = `from payment.receipt import Receipt
def charge(order):
    return Receipt().address(order)
`

interface Asked {
  /** The diagnosis names this service, and no change of it. */
  readonly unchanged?: string
  readonly missing?: readonly string[]
  readonly previous?: string | null
  readonly commit?: string
  readonly codeRoots?: readonly string[]
}

function ask(repository: TemporaryRepository, trace: string, asked: Asked = {}) {
  return localize(diagnosisFor(trace, asked), {
    service: { name: 'payment', codeRoots: asked.codeRoots ?? ['/app'] },
    repository: new GitSourceRepository(repository.directory),
    deployedCommit: asked.commit ?? repository.head(),
    previousCommit: asked.previous ?? null,
  })
}

function diagnosisFor(trace: string, { unchanged: service, missing = [] }: Asked): Diagnosis {
  if (service === undefined) return aDiagnosis(trace)
  const cause = {
    service,
    change: null,
    confidence: 0.9,
    summary: `${service} throws`,
    evidenceFor: [],
    evidenceAgainst: [],
    path: [service],
  }
  return { ...aDiagnosis(trace), hypotheses: [cause], missing }
}

async function found(repository: TemporaryRepository, trace: string, asked: Asked = {}): Promise<Location> {
  const outcome = await ask(repository, trace, asked)
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  return outcome.value
}

describe('localization', () => {
  it('suspects no commit where nothing was changed before it began, and says who last touched the line', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', { 'payment/app.py': APP, 'payment/receipt.py': RECEIPT })
    const location = await found(repository, TRACE, { unchanged: 'payment' })
    expect(location.suspectCommit).toBeNull()
    expect(location.blame?.subject).toBe('start')
    expect(location.doubts.join()).toContain('no change of this service is blamed')
  })

  it('suspects a commit all the same where a source of changes did not answer', async () => {
    const repository = new TemporaryRepository()
    const start = repository.commit('start', { 'payment/app.py': APP, 'payment/receipt.py': RECEIPT })
    const missing = ['changes: no answer within 3000 ms; some deploys or commits may be unknown']
    const location = await found(repository, TRACE, { unchanged: 'payment', missing })
    expect(location.suspectCommit?.commit).toBe(start)
    expect(location.doubts.join()).toContain('which commit was in production before is not known')
  })

  it('gives file, line, symbol, snippet, blame and the commit to suspect', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', {
      'payment/app.py': APP,
      'payment/receipt.py': RECEIPT.replace('order.get("address")', 'order.get("address") or {"city": None}'),
    })
    repository.commit('docs: readme', { 'README.md': 'x\n' })
    const culprit = repository.commit('drop the default address', { 'payment/receipt.py': RECEIPT })
    repository.commit('total: round', { 'payment/receipt.py': RECEIPT.replace('sum(', 'round(') })
    const location = await found(repository, TRACE, { previous })
    expect(location).toMatchObject({
      incidentId: 'incident-1',
      service: 'payment',
      repository: repository.directory,
      baseCommit: repository.head(),
      language: 'python',
      file: 'payment/receipt.py',
      line: 8,
      symbol: 'Receipt.address',
      exception: { type: 'TypeError', message: "'NoneType' object is not subscriptable" },
      blame: { commit: previous, subject: 'start' },
      suspectCommit: {
        commit: culprit,
        because: 'it changed Receipt.address, where the fault is, in this release',
      },
      failingInput: { path: '/charge' },
      doubts: [],
    })
    expect(location.snippet.lines[location.snippet.markedLine - location.snippet.firstLine]).toBe(
      '        return address["city"]',
    )
    expect(location.snippet).toMatchObject({ firstLine: 3, markedLine: 8 })
    expect(location.frames.map((each) => each.file)).toEqual(['payment/receipt.py', 'payment/app.py'])
  })

  describe('of a call whose upstream failed', () => {
    const BANK = 'def rate(currency):\n    return urlopen(url_of(currency))\n'
    const FAILED = `Traceback (most recent call last):
  File "/app/payment/bank.py", line 2, in rate
    return urlopen(url_of(currency))
urllib.error.HTTPError: HTTP Error 503: Service Unavailable`

    it('suspects no commit where this release did not touch the call: the line may be years old', async () => {
      const repository = new TemporaryRepository()
      const previous = repository.commit('bank: ask for rates', { 'payment/bank.py': BANK })
      repository.commit('readme', { 'README.md': 'x\n' })
      for (const before of [previous, null]) {
        const location = await found(repository, FAILED, { previous: before })
        expect(location).toMatchObject({ file: 'payment/bank.py', line: 2, suspectCommit: null })
        expect(location.doubts).toEqual(['no commit is suspected: what failed is what this line calls'])
      }
    })

    it('suspects the commit of this release that brought it', async () => {
      const repository = new TemporaryRepository()
      const previous = repository.commit('start', { 'README.md': 'x\n' })
      const brought = repository.commit('bank: ask for rates', { 'payment/bank.py': BANK })
      const location = await found(repository, FAILED, { previous })
      expect(location.suspectCommit?.commit).toBe(brought)
    })
  })

  it('gives up where there is no trace, or none of its frames is of the repository', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', { 'main.go': 'package main\n' })
    expect(await ask(repository, 'no trace here')).toMatchObject({
      kind: 'gaveUp',
      reason: expect.stringContaining('no stack trace'),
    })
    expect(await ask(repository, TRACE)).toMatchObject({
      kind: 'gaveUp',
      reason: expect.stringMatching(/none of the 2 frames of TypeError .*receipt\.py/),
    })
  })

  it('fails clearly where the deployed commit is not in the repository', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', { 'a.py': 'x\n' })
    await expect(ask(repository, TRACE, { commit: '1'.repeat(40) })).rejects.toMatchObject({
      code: 'not-found',
    })
  })

  it('goes to the cause of an exception, not to where it was wrapped', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', { 'payment/app.py': APP, 'payment/receipt.py': RECEIPT })
    const wrapped = `${TRACE}

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/payment/app.py", line 3, in charge
    raise Declined() from error
payment.errors.Declined: no receipt`
    expect(await found(repository, wrapped)).toMatchObject({
      file: 'payment/receipt.py',
      exception: { type: 'TypeError' },
    })
  })

  it('passes over frames of libraries and of tests', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', {
      'payment/app.py': APP,
      'tests/test_app.py': 'def test_charge():\n    charge({})\n',
      'decoder.py': 'def raw_decode():\n    pass\n',
    })
    const trace = `Traceback (most recent call last):
  File "/app/payment/app.py", line 3, in charge
  File "/app/tests/test_app.py", line 2, in test_charge
  File "/usr/lib/python3.11/json/decoder.py", line 2, in raw_decode
ValueError: x`
    const location = await found(repository, trace)
    expect(location.file).toBe('payment/app.py')
    expect(location.frames.map((each) => each.file)).toEqual([null, 'tests/test_app.py', 'payment/app.py'])
  })
})

describe('a frame leads to its file', () => {
  it('in a monorepo that has the same file name twice', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', {
      'services/payment/payment/receipt.py': RECEIPT,
      'services/refund/payment/receipt.py': 'def other():\n    pass\n',
      'receipt.py': 'x = 1\n',
    })
    const location = await found(repository, TRACE)
    expect(location).toMatchObject({ file: 'services/payment/payment/receipt.py', line: 8 })
    expect(location.doubts).toEqual(['which commit was in production before is not known'])
  })

  it('under a code root below the root of the repository, and by path before all else', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', { 'receipt.py': RECEIPT, 'old/payment/receipt.py': RECEIPT })
    const location = await found(repository, TRACE, { codeRoots: ['/app', '/app/payment'] })
    expect(location.file).toBe('receipt.py')
  })

  it('and says so where two fit alike', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', { 'a/payment/receipt.py': RECEIPT, 'b/payment/receipt.py': RECEIPT })
    const location = await found(repository, TRACE)
    expect(location.file).toBe('a/payment/receipt.py')
    expect(location.doubts[0]).toContain('b/payment/receipt.py')
  })

  it('where the application is installed as a package', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', { 'src/payment/receipt.py': RECEIPT })
    const trace = TRACE.replaceAll('/app/', '/usr/lib/python3.12/site-packages/')
    expect(await found(repository, trace)).toMatchObject({
      file: 'src/payment/receipt.py',
      symbol: 'Receipt.address',
    })
  })

  it('of Java by its package, whatever the source root', async () => {
    const repository = new TemporaryRepository()
    const java = `package org.apache.shop;
public class Pay {
  static class Line {
    Line(String city) { city.length(); }
  }
  void run() {
    list.forEach(x -> {
      charge(x);
    });
  }
}
`
    repository.commit('start', {
      'core/src/main/java/org/apache/shop/Pay.java': java,
      'core/src/test/java/org/apache/shop/PayTest.java': 'class PayTest {}\n',
      'legacy/src/main/java/org/old/Pay.java': 'package org.old;\nclass Pay {}\n',
    })
    const trace = `java.lang.NullPointerException: city
	at java.base/java.util.Objects.requireNonNull(Objects.java:209)
	at org.apache.shop.Pay$Line.<init>(Pay.java:4)
	at org.apache.shop.Pay.lambda$run$0(Pay.java:8)
	at org.apache.other.Dispatcher.run(Dispatcher.java:3)`
    const location = await found(repository, trace)
    expect(location).toMatchObject({
      file: 'core/src/main/java/org/apache/shop/Pay.java',
      line: 4,
      symbol: 'Pay.Line.Line',
      language: 'java',
    })
    expect(location.frames.map((each) => each.file !== null)).toEqual([false, true, true, false])
  })

  it('of Go by its module, in a nested module and with -trimpath as well', async () => {
    const repository = new TemporaryRepository()
    const server = 'package payment\n\nfunc (s *Server) Handle() {\n\ts.db.Query()\n}\n'
    repository.commit('start', {
      'go.mod': 'module github.com/org/shop\n',
      'payment/server.go': 'package payment\n',
      'services/pay/go.mod': '// pay\nmodule github.com/org/shop/pay // v2\n',
      'services/pay/payment/server.go': server,
    })
    const trace = (file: string): string =>
      `panic: x\n\ngoroutine 1 [running]:\ngithub.com/org/shop/pay/payment.(*Server).Handle.func1(0xc0)\n\t${file}:4 +0x1`
    for (const file of ['/build/payment/server.go', 'github.com/org/shop/pay@v1.2.3/payment/server.go'])
      expect(await found(repository, trace(file))).toMatchObject({
        file: 'services/pay/payment/server.go',
        symbol: 'Server.Handle',
        line: 4,
      })
  })

  it('of TypeScript although the trace names the compiled file', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', {
      'src/orders/total.ts':
        'import x from "x"\n\nexport const total = (order: Order) => {\n  return order.lines.length\n}\n',
    })
    const trace = 'TypeError: x\n    at total (file:///app/dist/orders/total.js:2:9)'
    const location = await found(repository, trace)
    expect(location).toMatchObject({
      file: 'src/orders/total.ts',
      symbol: 'total',
      line: 3,
      language: 'typescript',
    })
    expect(location.doubts[0]).toMatch(/compiled from src\/orders\/total\.ts/)
  })
})

describe('line numbers of another version', () => {
  it('are corrected by the symbol, which is said', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', { 'payment/receipt.py': `${'# licence\n'.repeat(20)}${RECEIPT}` })
    const location = await found(repository, TRACE)
    expect(location).toMatchObject({ line: 26, symbol: 'Receipt.address' })
    expect(location.doubts[0]).toMatch(
      /^line numbers shifted: line 8 of payment\/receipt\.py is not in Receipt\.address/,
    )
  })

  it('are kept, with a doubt, where the symbol is nowhere', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', { 'payment/receipt.py': '# moved\n'.repeat(10) })
    const location = await found(repository, TRACE)
    expect(location).toMatchObject({ line: 8, symbol: null })
    expect(location.doubts[0]).toContain('does not define address')
  })

  it('beyond the end of the file give way to a frame that fits', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', { 'payment/receipt.py': '# moved\n', 'payment/app.py': APP })
    expect(await found(repository, TRACE)).toMatchObject({
      file: 'payment/app.py',
      line: 3,
      symbol: 'charge',
    })
  })
})

describe('the commit to suspect', () => {
  it('is not one that the release itself took back', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', { 'payment/receipt.py': RECEIPT, 'payment/app.py': APP })
    const bad = repository.commit('address: default', {
      'payment/receipt.py': RECEIPT.replace('order.get("address")', 'order["address"]'),
    })
    repository.commit(`Revert "address: default"\n\nThis reverts commit ${bad}.`, {
      'payment/receipt.py': RECEIPT,
    })
    const culprit = repository.commit('charge at once', {
      'payment/app.py': APP.replace('def charge(order):', 'def charge(order=None):'),
    })
    const location = await found(repository, TRACE, { previous })
    expect(location.suspectCommit).toMatchObject({ commit: culprit })
    expect(location.suspectCommit?.because).toMatch(/^it changed charge, which leads to the fault/)
  })

  it('is none of a merged branch that the release took back as a whole', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', { 'payment/receipt.py': RECEIPT, 'payment/app.py': APP })
    repository.git('checkout', '--quiet', '-b', 'feature')
    repository.commit('address: by key', {
      'payment/receipt.py': RECEIPT.replace('order.get("address")', 'order["address"]'),
    })
    repository.git('checkout', '--quiet', 'main')
    const merge = repository.merge('Merge feature', 'feature')
    const culprit = repository.commit('charge at once', {
      'payment/app.py': APP.replace('def charge(order):', 'def charge(order=None):'),
    })
    repository.git('revert', '--no-edit', '-m', '1', merge)
    const location = await found(repository, TRACE, { previous })
    expect(location.suspectCommit).toMatchObject({ commit: culprit })
  })

  it('is before others the one that last changed the line of a caller', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', {
      'payment/receipt.py': RECEIPT,
      'payment/app.py': APP.replace('return Receipt', '  return Receipt'),
    })
    const culprit = repository.commit('charge: no receipt by mail', {
      'payment/app.py': APP.replace('address(order)', 'address(order.get("bill") or order)'),
    })
    repository.commit('charge: default order', {
      'payment/app.py': APP.replace('address(order)', 'address(order.get("bill") or order)').replace(
        '(order):',
        '(order=None):',
      ),
    })
    const location = await found(repository, TRACE, { previous })
    expect(location.suspectCommit).toMatchObject({
      commit: culprit,
      because: expect.stringMatching(/^it last changed payment\/app\.py:3, which leads to the fault/),
    })
  })

  it('may be a revert that brought an old fault back', async () => {
    const repository = new TemporaryRepository()
    repository.commit('start', { 'payment/receipt.py': RECEIPT })
    const fix = repository.commit('guard the address', {
      'payment/receipt.py': RECEIPT.replace('address["city"]', 'address and address["city"]'),
    })
    const revert = repository.commit(`Revert "guard"\n\nThis reverts commit ${fix}.`, {
      'payment/receipt.py': RECEIPT,
    })
    const location = await found(repository, TRACE, { previous: fix })
    expect(location.suspectCommit).toMatchObject({
      commit: revert,
      because: expect.stringContaining(`takes back ${fix.slice(0, 12)}`),
    })
  })

  it('is the one on the merged branch, not the merge', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', {
      'payment/receipt.py': RECEIPT.replace('address["city"]', 'address and address["city"]'),
    })
    repository.git('checkout', '--quiet', '-b', 'feature')
    const culprit = repository.commit('address: simpler', { 'payment/receipt.py': RECEIPT })
    repository.git('checkout', '--quiet', 'main')
    repository.commit('readme', { 'README.md': 'x\n' })
    repository.git('merge', '--quiet', '--no-ff', '-m', 'Merge feature', 'feature')
    const location = await found(repository, TRACE, { previous })
    expect(location.suspectCommit).toMatchObject({
      commit: culprit,
      because: expect.stringContaining('last changed the marked line'),
    })
  })

  it('is that of the blame, with a doubt, where the release touched no file of the trace', async () => {
    const repository = new TemporaryRepository()
    const old = repository.commit('start', { 'payment/receipt.py': RECEIPT })
    const previous = repository.commit('a', { 'README.md': 'a\n' })
    repository.commit('b', { 'README.md': 'b\n' })
    const location = await found(repository, TRACE, { previous })
    expect(location.suspectCommit).toMatchObject({
      commit: old,
      because: expect.stringContaining('no standing commit of this release'),
    })
    expect(location.doubts[0]).toContain('the fault may be older')
  })
})

describe('the frame at fault', () => {
  const checks =
    'def require_city(address):\n    if address is None:\n        raise ValueError("city")\n    return address\n'
  const app =
    'from payment.checks import require_city\n\ndef charge(order):\n    return require_city(order["address"])\n'
  const trace = `Traceback (most recent call last):
  File "/app/payment/app.py", line 4, in charge
    return require_city(order["address"])
  File "/app/payment/checks.py", line 3, in require_city
    raise ValueError("city")
ValueError: city`

  it('is the caller of a check that threw what it is made to throw', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', { 'payment/checks.py': checks, 'payment/app.py': '' })
    repository.commit('charge', { 'payment/app.py': app })
    const location = await found(repository, trace, { previous })
    expect(location).toMatchObject({ file: 'payment/app.py', line: 4, symbol: 'charge' })
    expect(location.doubts[0]).toMatch(
      /thrown in require_city \(payment\/checks\.py:3\), a helper that this release did not change/,
    )
  })

  it('is the check itself where the release changed it', async () => {
    const repository = new TemporaryRepository()
    const previous = repository.commit('start', {
      'payment/checks.py': 'def require_city(a):\n    return a\n',
      'payment/app.py': app,
    })
    repository.commit('check the city', { 'payment/checks.py': checks })
    expect(await found(repository, trace, { previous })).toMatchObject({
      file: 'payment/checks.py',
      line: 3,
      doubts: [],
    })
  })
})
