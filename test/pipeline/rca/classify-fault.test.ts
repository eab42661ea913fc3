import { describe, expect, it } from 'vitest'
import { classifyFault } from '../../../src/pipeline/rca/classify-fault.ts'
import type { StackTrace } from '../../../src/pipeline/signals/stack-trace.ts'
import type { MetricSeries } from '../../../src/pipeline/signals/telemetry.ts'
import { incidentCase, NOW, series, SETTINGS, shopMetrics } from './builders.ts'

const trace = (type: string, message: string): StackTrace => ({
  language: 'python',
  type,
  message,
  frames: [
    {
      file: '/app/payment/rates.py',
      line: 12,
      column: null,
      symbol: 'load',
      application: true,
    } as StackTrace['frames'][number],
  ],
  cause: null,
})
const NONE_TRACE = trace('TypeError', "'NoneType' object is not subscriptable")
const FULL = trace('OSError', "[Errno 24] Too many open files: '/etc/rates.json'")

const classify = (metrics: readonly MetricSeries[], thrown: StackTrace | null = null) =>
  classifyFault('payment', thrown, incidentCase({ metrics }), SETTINGS)

describe('the kind of a fault', () => {
  it('is slow answers where only its latency rose, with the numbers', () => {
    const fault = classify(shopMetrics({ payment: { latency: 1.2 } }))
    expect(fault).toMatchObject({ kind: 'slow-answers' })
    expect(fault?.because).toMatch(/^latency p95 rose from 50(\.\d)? ms to 1\.2 s/)
  })

  it('is slow answers although an exception is logged that makes no request fail', () => {
    expect(classify(shopMetrics({ payment: { latency: 1.2 } }), NONE_TRACE)?.kind).toBe('slow-answers')
  })

  it('is the exception where requests fail, however slow the answers became', () => {
    const metrics = shopMetrics({ payment: { latency: 1.2, success: 0.98 } })
    expect(classify(metrics, NONE_TRACE)?.kind).toBe('exception')
  })

  it('is the exception where nothing is measured', () => {
    expect(classify([], NONE_TRACE)?.kind).toBe('exception')
  })

  it('is failures without an exception where none is logged', () => {
    const fault = classify(shopMetrics({ payment: { success: 0.7 } }))
    expect(fault).toMatchObject({ kind: 'errors', because: expect.stringContaining('success ratio fell') })
  })

  it('is what its callers see only where its own measure shows nothing', () => {
    const seen = series({
      service: 'checkout',
      name: 'client_success_ratio',
      before: 1,
      during: 0.5,
      sinceS: 60,
      edge: ['checkout', 'payment'],
    })
    expect(classify([...shopMetrics({}), seen])?.kind).toBe('errors')
    expect(classify([...shopMetrics({ payment: { latency: 1.2 } }), seen])?.kind).toBe('slow-answers')
  })

  it('is not named where nothing is abnormal', () => {
    expect(classify(shopMetrics({}))).toBeNull()
  })

  it.each([
    ['OSError', '[Errno 24] Too many open files', 'open files'],
    ['Error', "EMFILE: too many open files, open '/tmp/x'", 'open files'],
    ['java.net.SocketException', 'Too many open files', 'open files'],
    ['java.lang.OutOfMemoryError', 'Java heap space', 'memory'],
    ['java.lang.OutOfMemoryError', 'unable to create native thread', 'threads'],
    ['MemoryError', '', 'memory'],
    ['RuntimeError', "can't start new thread", 'threads'],
    ['psycopg2.OperationalError', 'FATAL: remaining connection slots are reserved', 'connections'],
    ['OSError', '[Errno 28] No space left on device', 'disk'],
  ])('is an exhaustion where %s says "%s"', (type, message, resource) => {
    expect(classify(shopMetrics({ payment: { success: 0.3 } }), trace(type, message))).toMatchObject({
      kind: 'exhaustion',
      resource,
    })
  })

  it('tells by how much the resource grew for each request', () => {
    const t = Array.from({ length: 61 }, (_, k) => NOW - 60 + k)
    const own = { service: 'payment', instance: 'v31', t }
    const metrics: readonly MetricSeries[] = [
      {
        ...own,
        name: 'open_fds',
        unit: 'count',
        v: t.map((_, k) => (k < 20 ? 20 : Math.min(1020, 20 + (k - 20) * 50))),
      },
      { ...own, name: 'request_rate', unit: '1/s', v: t.map(() => 100) },
    ]
    expect(classify(metrics, FULL)).toMatchObject({
      kind: 'exhaustion',
      perRequest: expect.closeTo(0.5, 1),
      because: expect.stringMatching(
        /^OSError: .*rates\.py:12; open files of v31 grew from \d+ to 1020 in \d+ s, 0\.5\d? for each request$/,
      ),
    })
  })

  it('knows no growth where the level only wavers', () => {
    const t = Array.from({ length: 60 }, (_, k) => NOW - 60 + k)
    const wavering = { service: 'payment', instance: 'v31', name: 'open_fds', unit: 'count', t }
    const metrics = [{ ...wavering, v: t.map((_, k) => (k % 2 === 0 ? 20 : 60)) }]
    expect(classify(metrics, FULL)).toMatchObject({ kind: 'exhaustion', perRequest: null })
  })
})
