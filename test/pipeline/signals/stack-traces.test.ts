import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLogLine } from '../../../src/pipeline/signals/log-lines.ts'
import { redactSecrets } from '../../../src/pipeline/signals/redact-secrets.ts'
import { parseStackTraces } from '../../../src/pipeline/signals/stack-traces.ts'
import { MAX_TRACE_TEXT } from '../../../src/pipeline/signals/trace-lines.ts'

const FRAGMENTS = [
  'Traceback (most recent call last):\n',
  '  File "/a/b.py", line 3, in f\n',
  'ValueError: 3\n',
  'During handling of the above exception, another exception occurred:\n',
  '    at f (/a/b.ts:1:2)\n',
  '\tat a.b.C.d(C.java:3)\n',
  'Caused by: java.lang.Error: x\n',
  '\t... 3 more\n',
  'goroutine 1 [running]:\n',
  'main.f(...)\n\t/a/b.go:3 +0x1\n',
  'panic: x\n',
  '  | ',
  '  +-+---------------- 1 ----------------\n',
  '{"log":"',
  '\\n',
  '"}\n',
  '[cause]: Error: x\n',
  '\n',
]

describe('stack traces', () => {
  it('of several languages in one text come in the order in which they stand there', () => {
    const text = [
      'java.lang.Error: 1\n\tat a.b.C.d(C.java:3)',
      'Traceback (most recent call last):\n  File "/a.py", line 3, in f\nValueError: 2',
      'TypeError: 3\n    at f (/a/b.js:1:2)',
      'panic: 4\n\ngoroutine 1 [running]:\nmain.f()\n\t/a/b.go:3 +0x1',
    ].join('\n\n')
    expect(parseStackTraces(text).map((trace) => `${trace.language} ${trace.message}`)).toEqual([
      'java 1',
      'python 2',
      'javascript 3',
      'go 4',
    ])
  })

  it('are parsed from any text without failing, and their frames have lines', () => {
    const soup = fc.array(fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string()), { maxLength: 30 })
    fc.assert(
      fc.property(soup, (parts) => {
        for (const trace of parseStackTraces(parts.join('')))
          for (const frame of trace.frames) expect(frame.line === null || frame.line >= 0).toBe(true)
      }),
    )
  })

  it('at the head and at the tail of a text that is too large are both found', () => {
    const trace = 'TypeError: x\n    at f (/a/b.js:1:2)\n'
    const text = `${trace}${'noise '.repeat(MAX_TRACE_TEXT / 4)}\n${trace}`
    expect(parseStackTraces(text)).toHaveLength(2)
  })

  it.each([
    ['open brackets', '('],
    ['dots', 'a.'],
    ['spaces', ' '],
    ['frames without an end', '    at f (/a:'],
    ['escapes', '\\n\\t'],
    ['quotes', 'File "'],
    ['names', 'x'],
    ['digits', '4111 '],
    ['gutters', '  | '],
    ['JWT heads', 'eyJ-'],
    ['assignments', 'password='],
    ['frames', '    at f (/a/b.js:1:2)\n'],
    ['Python frames', '  File "/a/b.py", line 3, in f\n'],
    ['panics', 'panic: x\n'],
    ['headers', 'TypeError: x\n'],
    ['key heads', '-----BEGIN PRIVATE KEY-----'],
    ['nested JSON', '{"a":'],
  ])('take time linear in a text of %s', (_, unit) => {
    const text = unit.repeat(Math.floor(1_000_000 / unit.length))
    const startedMs = performance.now()
    parseStackTraces(text)
    redactSecrets(text)
    parseLogLine(text)
    // A quadratic step over a million characters would take minutes.
    expect(performance.now() - startedMs).toBeLessThan(8_000)
  })
})
