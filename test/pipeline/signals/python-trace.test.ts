import { describe, expect, it } from 'vitest'
import { parseStackTraces } from '../../../src/pipeline/signals/stack-traces.ts'
import { outline } from './outline.ts'

const SIMPLE = `Traceback (most recent call last):
  File "/app/payment/app.py", line 10, in handle
    return charge(order)
           ^^^^^^^^^^^^^
  File "/app/payment/charge.py", line 22, in charge
    city = order["address"]["city"]
           ~~~~~~~~~~~~~~~~^^^^^^^^
TypeError: 'NoneType' object is not subscriptable`

const SIMPLE_OUTLINE = [
  "python TypeError: 'NoneType' object is not subscriptable",
  '* charge /app/payment/charge.py:22',
  '* handle /app/payment/app.py:10',
]

describe('a Python traceback', () => {
  it('has its frames innermost first, without source and caret lines', () => {
    expect(outline(SIMPLE)).toEqual(SIMPLE_OUTLINE)
  })

  it.each([
    ['after text on the same line', (text: string) => `2024-01-01 12:00:00 ERROR app - failed ${text}`],
    ['with Windows line endings', (text: string) => text.replaceAll('\n', '\r\n')],
    ['inside a JSON string', (text: string) => JSON.stringify({ level: 'error', exc_info: text })],
    [
      'inside JSON inside a JSON string',
      (text: string) =>
        JSON.stringify({ log: `${JSON.stringify({ level: 'error', exc_info: text })}\n`, stream: 'stderr' }),
    ],
    ['escaped in plain text', (text: string) => `ERROR exc="${JSON.stringify(text).slice(1, -1)}" code=7`],
    ['under containerd', (text: string) => prefixed(text, '2024-01-01T00:00:00.123456789Z stderr F ')],
    ['under docker compose', (text: string) => prefixed(text, 'payment-1  | ')],
    ['under kubectl --prefix', (text: string) => prefixed(text, '[pod/payment-5f/app] ')],
    ['under syslog', (text: string) => prefixed(text, 'Jan  2 03:04:05 host payment[12]: ')],
    ['under a logger that prefixes every line', (text: string) => prefixed(text, 'E|7|worker> ')],
    [
      'one docker JSON line for each line',
      (text: string) =>
        text
          .split('\n')
          .map((line) => JSON.stringify({ log: `${line}\n`, stream: 'stderr' }))
          .join('\n'),
    ],
    ['in colour', (text: string) => text.replace('TypeError', '\u001b[31mTypeError\u001b[0m')],
  ])('is read %s', (_, wrap) => {
    expect(outline(wrap(SIMPLE)).slice(1)).toEqual(SIMPLE_OUTLINE.slice(1))
    expect(outline(wrap(SIMPLE))[0]).toMatch(/^python TypeError: 'NoneType' object is not subscriptable/)
  })

  it('has the exception it was raised from, and that which it was raised while handling, as its cause', () => {
    const text = `Traceback (most recent call last):
  File "a.py", line 1, in inner
    x
KeyError: 'a'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "b.py", line 2, in middle
    x
ValueError: b

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "c.py", line 3, in outer
    x
shop.errors.Declined`
    expect(outline(text)).toEqual([
      'python shop.errors.Declined: ',
      '* outer c.py:3',
      ' python ValueError: b',
      ' * middle b.py:2',
      "  python KeyError: 'a'",
      '  * inner a.py:1',
    ])
  })

  it('of an exception group has the first member as cause and the others beside it', () => {
    const text = `  + Exception Group Traceback (most recent call last):
  |   File "/app/main.py", line 4, in run
  |     async with TaskGroup() as group:
  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/app/a.py", line 3, in first
    |     raise ValueError(1)
    | ValueError: 1
    +---------------- 2 ----------------
    | Traceback (most recent call last):
    |   File "/app/b.py", line 5, in second
    |     raise TypeError(2)
    | TypeError: 2
    +------------------------------------`
    expect(outline(text)).toEqual([
      'python ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)',
      '* run /app/main.py:4',
      ' python ValueError: 1',
      ' * first /app/a.py:3',
      'python TypeError: 2',
      '* second /app/b.py:5',
    ])
  })

  it('of a syntax error has the file that does not parse as its innermost frame', () => {
    const text = `Traceback (most recent call last):
  File "/app/main.py", line 1, in <module>
    import broken
  File "/app/broken.py", line 3
    def x(
         ^
SyntaxError: '(' was never closed`
    expect(outline(text)).toEqual([
      "python SyntaxError: '(' was never closed",
      '* null /app/broken.py:3',
      '* <module> /app/main.py:1',
    ])
  })

  it('is read although other lines were written in between', () => {
    const text = SIMPLE.replace('  File "/app/payment/charge.py"', 'INFO:root:served 12\nHandled: 12\n$&')
    expect(outline(text)).toEqual(SIMPLE_OUTLINE)
  })

  it('keeps its frames where the end or the beginning is cut off', () => {
    const lines = SIMPLE.split('\n')
    expect(outline(lines.slice(0, 6).join('\n')).slice(1)).toEqual(SIMPLE_OUTLINE.slice(1))
    expect(outline(lines.slice(4).join('\n'))).toEqual(SIMPLE_OUTLINE.slice(0, 2))
  })

  it('tells the application from the library and the interpreter', () => {
    const files = [
      '/usr/local/lib/python3.12/site-packages/flask/app.py',
      '/usr/lib/python3.11/json/decoder.py',
      '/home/x/.venv/lib/python3.11/asyncio/runners.py',
      'C:\\Python311\\Lib\\json\\decoder.py',
      '<frozen importlib._bootstrap>',
      '<string>',
      '/opt/library/python_app/main.py',
      '/app/lib/orders.py',
    ]
    const text = ['Traceback (most recent call last):']
      .concat(files.map((file) => `  File "${file}", line 1, in f`))
      .concat('ValueError: x')
    const frames = parseStackTraces(text.join('\n'))[0]?.frames ?? []
    expect(frames.filter((frame) => frame.application).map((frame) => frame.file)).toEqual([
      '/app/lib/orders.py',
      '/opt/library/python_app/main.py',
    ])
  })

  it('is found as often as it stands in the text', () => {
    expect(parseStackTraces(`${SIMPLE}\nINFO ok\n${SIMPLE}\n\n${SIMPLE}`)).toHaveLength(3)
  })

  it('with a repeated recursion line goes on', () => {
    const text = SIMPLE.replace(
      '  File "/app/payment/charge.py"',
      '  [Previous line repeated 996 more times]\n$&',
    )
    expect(outline(text)).toEqual(SIMPLE_OUTLINE)
  })
})

function prefixed(text: string, prefix: string): string {
  return text
    .split('\n')
    .map((line) => prefix + line)
    .join('\n')
}
