import { describe, expect, it } from 'vitest'
import { groupLogLines, parseLogLine } from '../../../src/pipeline/signals/log-lines.ts'

const AT_MS = Date.UTC(2024, 0, 2, 3, 4, 5)

describe('a JSON log line', () => {
  it("of the sample system's shape is read whole", () => {
    const record = parseLogLine(
      JSON.stringify({
        ts: '2024-01-02T03:04:05.123Z',
        level: 'error',
        service: 'payment',
        version: 'v7',
        message: 'charge failed',
        trace_id: '4bf92f35',
        status: 500,
        error: { type: 'TypeError', message: 'x', stack: 'TypeError: x\n    at f (/app/a.ts:1:2)' },
        request: { method: 'POST', path: '/charge', body: { id: 7, address: null } },
      }),
    )
    expect(record).toMatchObject({
      atMs: AT_MS + 123,
      level: 'error',
      service: 'payment',
      version: 'v7',
      message: 'charge failed',
      traceId: '4bf92f35',
      status: 500,
      failingInput: { kind: 'http', method: 'POST', path: '/charge', body: { id: 7, address: null } },
    })
    expect(record.stackTraces).toHaveLength(1)
  })

  it.each([
    [
      'pino',
      {
        level: 50,
        time: AT_MS,
        name: 'pay',
        msg: 'm',
        req: { method: 'GET', url: '/x' },
        res: { statusCode: 500 },
      },
      'pay',
    ],
    ['bunyan', { v: 0, level: 50, name: 'pay', time: '2024-01-02T03:04:05.000Z', msg: 'm' }, 'pay'],
    ['structlog', { event: 'm', level: 'error', timestamp: '2024-01-02T03:04:05Z' }, null],
    ['logrus', { level: 'error', msg: 'm', time: '2024-01-02T04:04:05+01:00', app: 'pay' }, 'pay'],
    ['zap', { level: 'error', ts: AT_MS / 1000, msg: 'm' }, null],
    [
      'logback',
      { '@timestamp': '2024-01-02T03:04:05.000Z', '@version': '1', level: 'ERROR', message: 'm' },
      null,
    ],
    ['python-json-logger', { asctime: '2024-01-02 03:04:05,000', levelname: 'ERROR', message: 'm' }, null],
    [
      'ECS',
      { '@timestamp': '2024-01-02T03:04:05Z', 'log.level': 'error', message: 'm', service: { name: 'pay' } },
      'pay',
    ],
    [
      'log4j2',
      { instant: { epochSecond: AT_MS / 1000, nanoOfSecond: 0 }, level: 'ERROR', message: 'm' },
      null,
    ],
  ])('of %s gives time, level, message and service', (_, fields, service) => {
    expect(parseLogLine(JSON.stringify(fields))).toMatchObject({
      atMs: AT_MS,
      level: 'error',
      message: 'm',
      service,
      version: null,
    })
  })

  it('gives a trace without a name that of the field beside it', () => {
    const record = parseLogLine(
      JSON.stringify({ level: 'error', error: 'declined', stacktrace: 'main.charge\n\t/app/main.go:5' }),
    )
    expect(record.stackTraces[0]).toMatchObject({ type: 'error', message: 'declined' })
  })

  it('that is no object, or is cut off, is read as text', () => {
    expect(parseLogLine('{"level":"error","msg":"cut o').message).toContain('cut o')
    expect(parseLogLine('[1,2]').message).toBe('[1,2]')
    expect(parseLogLine('').message).toBe('')
  })
})

describe('a text log line', () => {
  it.each([
    ['python logging', '2024-01-02 03:04:05,000 - pay - ERROR - it broke', AT_MS, 'error', 'it broke'],
    ['log4j', '2024-01-02T03:04:05.000Z [main] ERROR com.shop.Pay - it broke', AT_MS, 'error', 'it broke'],
    ['basicConfig', 'ERROR:root:it broke', null, 'error', 'it broke'],
    ['klog', 'E0102 03:04:05.123456   12 pay.go:12] it broke', null, 'error', 'it broke'],
    ['nginx errors', '2024/01/02 03:04:05 [error] 31#31: it broke', AT_MS, 'error', '31#31: it broke'],
    ['logfmt', 'time="2024-01-02T03:04:05Z" level=error msg="it \\"broke\\""', AT_MS, 'error', 'it "broke"'],
    ['RFC 5424', '<11>1 2024-01-02T03:04:05Z host pay 12 - - it broke', AT_MS, 'error', 'it broke'],
    ['a bare level', '[WARN] it broke', null, 'warn', 'it broke'],
    ['no format', 'it broke', null, null, 'it broke'],
  ])('of %s', (_, line, atMs, level, message) => {
    expect(parseLogLine(line)).toMatchObject({ atMs, level, message })
  })

  it('of an access log has status, and the request where the server failed', () => {
    const line = '1.2.3.4 - - [02/Jan/2024:04:04:05 +0100] "POST /charge HTTP/1.1" 502 12 "-" "curl"'
    expect(parseLogLine(line)).toMatchObject({
      atMs: AT_MS,
      level: 'error',
      status: 502,
      failingInput: { method: 'POST', path: '/charge', body: null },
    })
    expect(parseLogLine(line.replace('502', '404')).failingInput).toBeNull()
  })

  it('with pairs has the request among them', () => {
    const request = JSON.stringify({
      method: 'POST',
      path: '/reserve',
      body: { note: 'a "b" \\ c', items: [1] },
    })
    const head = '2024-01-02T03:04:05.000Z ERROR [inventory] request failed status=500'
    const line = `${head} error="HTTPError: no" request=${JSON.stringify(request)}`
    expect(parseLogLine(line).failingInput).toEqual({
      kind: 'http',
      method: 'POST',
      path: '/reserve',
      body: { note: 'a "b" \\ c', items: [1] },
    })
    for (const other of ['request="{\\"method\\":"', 'request=7', 'request="{}"', 'other="{}"'])
      expect(parseLogLine(`${head} ${other}`).failingInput).toBeNull()
  })

  it('of syslog names the program', () => {
    expect(parseLogLine('Jan  2 03:04:05 host payment[12]: error: broke')).toMatchObject({
      service: 'payment',
      level: 'error',
    })
  })
})

describe('grouping log lines', () => {
  const trace = [
    'Traceback (most recent call last):',
    '  File "/a/b.py", line 3, in f',
    '    x',
    'ValueError: 3',
  ]

  it('joins a trace to the record before it', () => {
    const lines = [
      '2024-01-02 03:04:05 INFO ok',
      '2024-01-02 03:04:05 ERROR failed',
      ...trace,
      '2024-01-02 03:04:06 INFO ok',
      '',
    ]
    expect(groupLogLines(lines).map((record) => record.stackTraces.length)).toEqual([0, 1, 0])
  })

  it('joins the lines of a trace although a collector dated each of them', () => {
    const lines = ['ERROR failed', ...trace].map((line) => `2024-01-02T03:04:05.123456789Z stderr F ${line}`)
    const traces = groupLogLines(lines).flatMap((record) => record.stackTraces)
    expect(traces).toMatchObject([{ type: 'ValueError' }])
  })

  it('takes a record that comes with its trace in one piece as one of its own', () => {
    const failed = ['2024-01-02T03:04:06Z ERROR failed', ...trace].join('\n')
    const records = groupLogLines(['2024-01-02T03:04:05Z INFO answered', failed, failed])
    expect(records.map(({ level, stackTraces }) => [level, stackTraces.length])).toEqual([
      ['info', 0],
      ['error', 1],
      ['error', 1],
    ])
  })

  it('keeps JSON lines apart, and a trace after them is a record of its own', () => {
    const records = groupLogLines(['{"msg":"a"}', '{"msg":"b"}', ...trace])
    expect(records.map((record) => record.stackTraces.length)).toEqual([0, 0, 1])
  })

  it.each([
    [
      'a chained traceback',
      [...trace, '', 'During handling of the above exception, another exception occurred:', '', ...trace],
    ],
    [
      'an uncaught error of Node',
      ['/app/a.js:3', '  a.b', '    ^', '', 'TypeError: x', '    at f (/app/a.js:3:1)'],
    ],
    ['a panic', ['panic: x', '', 'goroutine 1 [running]:', 'main.f()', '\t/app/a.go:1 +0x1']],
    [
      'an exception of Java',
      [
        'Exception in thread "main" java.lang.Error: x',
        '\tat a.B.c(B.java:1)',
        'Caused by: java.lang.Error: y',
        '\tat a.B.d(B.java:2)',
      ],
    ],
  ])('keeps %s together where no line is dated', (_, lines) => {
    const records = groupLogLines(['served 12', ...lines, '', 'served 13'])
    expect(records.flatMap((record) => record.stackTraces)).toHaveLength(1)
    expect(records.at(-1)?.raw).toBe('served 13')
  })
})

describe('a Go panic', () => {
  it('is one record although the signal and a blank line stand between it and its goroutine', () => {
    const records = groupLogLines([
      'panic: runtime error: invalid memory address or nil pointer dereference',
      '[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47e1b4]',
      '',
      'goroutine 1 [running]:',
      'shop/ledger.OwnerName(...)',
      '\t/app/ledger.go:7',
    ])
    expect(records).toHaveLength(1)
    expect(records[0]?.stackTraces[0]).toMatchObject({
      type: 'runtime error',
      message: 'invalid memory address or nil pointer dereference',
    })
  })
})
