import ruff from '@astral-sh/ruff-wasm-nodejs'
import fc from 'fast-check'
import { parseSync } from 'oxc-parser'
import { describe, expect, it } from 'vitest'
import { templateFixes } from '../../../src/pipeline/planning/templates/template-fixes.ts'
import { TEMPLATES } from './shipped.ts'

/** Hundreds of programs, each repaired on every line: a loaded machine takes its time. */
const PATIENCE_MS = 90_000

const linter = new ruff.Workspace({ lint: { select: [] } }, ruff.PositionEncoding.Utf16)

function pythonErrors(text: string): readonly string[] {
  const findings = linter.check(text) as { code: string; message: string }[]
  return findings.filter(({ code }) => code === 'invalid-syntax').map(({ message }) => message)
}

function scriptErrors(path: string, text: string): readonly string[] {
  return parseSync(path, text).errors.map(({ message }) => message)
}

const pythonValue = fc.constantFrom(
  'a["k"]',
  'a["k"]["l"]',
  'a.b.k',
  'a.b["k"].l()',
  'find(x)["k"]',
  'find(x).k.l()',
  'a["k"][0][1:2]',
  '(a["k"])',
  'a["k"] + 1',
  '-a.k',
  'a["k"] < 3',
  'a.k == "é" or b',
  'not a["k"]',
  'x in a["k"]',
  'f"{a[\'k\']!r:>4} {a.k}"',
  '"%s" % a.k',
  '[a.k, *a["k"]]',
  '{"k": a["k"], **a.k}',
  '[y.k for y in a["k"] if y["k"]]',
  '{y: a.k for y in a["k"]}',
  'sum(y for y in a.k)',
  'len(a["k"])',
  'lambda y: y["k"] + a.k',
  'a["k"] if a.k else b["k"]',
  'int(a["k"])',
  'json.loads(a["k"])',
  'requests.get(a["k"])',
  'requests.post(a.k, json=a["k"])',
  'open(a["k"]).read()',
  'urlopen(a.url).read()',
  'json.load(urllib.request.urlopen(url, None))',
  'next(y for y in a.k)',
  'next(a["k"])',
  'a["k"].decode("utf-8")',
  'socket.create_connection(a["k"])',
  'subprocess.run([a.k], check=True)',
  'a.k / len(b)',
  'call(a["k"], key=a.k)(b)',
)
const pythonStatement = fc.constantFrom(
  (value: string) => `v = ${value}`,
  (value: string) => `v = w = ${value}`,
  (value: string) => `v: int = ${value}`,
  (value: string) => `v += ${value}`,
  (value: string) => `a["k"] = ${value}`,
  (value: string) => `a["k"] += ${value}`,
  (value: string) => `del a["k"], a.k; v = ${value}`,
  (value: string) => `${value}`,
  (value: string) => `return ${value}, 1`,
  (value: string) => `if ${value}: pass`,
  (value: string) => `if c: v = ${value}`,
  (value: string) => `while ${value}:\n        break\n    else:\n        pass`,
  (value: string) => `for y in ${value}:\n        use(y)\n        """text\n  of lines"""`,
  (value: string) => `assert ${value}, "no"`,
  (value: string) => `with ${value} as f, open("x") as g:\n        pass`,
  (value: string) => `raise E(${value}) from a.k`,
  (value: string) => `v = (\n        ${value}\n    )`,
  (value: string) => `call(\n        ${value},\n        k=${value},\n    )`,
  (value: string) => `v = yield ${value}`,
  (value: string) => `f = open(p)\n    v = ${value}\n    f.close()\n    return f.read()`,
  (value: string) => `c = HTTPConnection(p)\n    v = ${value}, c.getresponse()\n    c.close()`,
  (value: string) => `for y in a.items():\n        v = ${value}`,
)
const pythonException = fc.constantFrom(
  ['TypeError', "'NoneType' object is not subscriptable"],
  ['AttributeError', "'NoneType' object has no attribute 'k'"],
  ['TypeError', "'NoneType' object is not iterable"],
  ['TypeError', "'NoneType' object does not support item assignment"],
  ['TypeError', "unsupported operand type(s) for +: 'NoneType' and 'int'"],
  ['TypeError', "unsupported operand type(s) for +=: 'int' and 'NoneType'"],
  ['TypeError', "'<' not supported between instances of 'NoneType' and 'int'"],
  ['TypeError', "argument of type 'NoneType' is not iterable"],
  ['TypeError', "object of type 'NoneType' has no len()"],
  ['KeyError', "'k'"],
  ['IndexError', 'list index out of range'],
  ['ZeroDivisionError', 'division by zero'],
  ['JSONDecodeError', 'Expecting value: line 1 column 1 (char 0)'],
  ['OSError', "[Errno 24] Too many open files: 'x'"],
  ['ConnectionError', "('Connection aborted.', x)"],
  ['HTTPError', 'HTTP Error 503: Service Unavailable'],
  ['TimeoutError', 'timed out'],
  ['TimeoutExpired', 'timed out'],
  ['RuntimeError', 'dictionary changed size during iteration'],
  ['StopIteration', ''],
  ['UnicodeDecodeError', "'utf-8' codec can't decode byte 0xff"],
)

const scriptValue = fc.constantFrom(
  'a.k',
  'a.b.k.l()',
  'a["k"]',
  'a[0].k',
  'a?.b.k',
  'find(x).k',
  'a.k.l`x`',
  'new a.k(b)',
  'a.k + 1',
  '-a.k',
  'a.k++',
  '!a.k && b',
  'a.k ?? b.k',
  'a.k ? a.k : b',
  '[...a.k, a.k]',
  '({ ...a.k, k: a.k })',
  '`${a.k} é ${b}`',
  'async () => await a.k',
  '(y) => y.k + a.k',
  'Object.keys(a.k)',
  'call(...a.k)(a.k)',
  'JSON.parse(a.k)',
  'await fetch(a.k)',
  "await fetch(a.k, { method: 'GET', })",
  'fetch(a.url, a.k).then((y) => y.json())',
  'request(a.k, { agent: b, }, call)',
  'await axios.post(a.k, b)',
  'await a.k.json()',
  'new URL(a.k)',
  'typeof a.k',
  'a.k = b.k',
  '(a.k, b.k)',
  'a.k in b.k',
)
const scriptStatement = fc.constantFrom(
  (value: string) => `const v = ${value}`,
  (value: string) => `let v = ${value};`,
  (value: string) => `const { k } = ${value}`,
  (value: string) => `const [k] = ${value}`,
  (value: string) => `v = ${value}`,
  (value: string) => `a.k = ${value};`,
  (value: string) => `a.k += ${value}`,
  (value: string) => `;(${value})`,
  (value: string) => `return ${value}`,
  (value: string) => `if (${value}) use()`,
  (value: string) => `if (c) a.k = ${value}\n  else use()`,
  (value: string) => `for (const y of ${value}) use(y)`,
  (value: string) => `for (const y in ${value}) { use(y) }`,
  (value: string) => `throw new Error(${value})`,
  (value: string) => `switch (${value}) { case a.k: break }`,
  (value: string) => `const v = call(\n    ${value},\n    a.k,\n  )`,
  (value: string) =>
    `const h = await open(a.k);\n  const { y, z: w } = ${value};\n  use({ y }, w, h.read());`,
  (value: string) => `const h = await pool.connect()\n  use(h.k, ${value})\n  h.release()`,
)
const scriptException = fc.constantFrom(
  ['TypeError', "Cannot read properties of undefined (reading 'k')"],
  ['TypeError', "Cannot read properties of null (reading '0')"],
  ['TypeError', "Cannot set properties of undefined (setting 'k')"],
  ['TypeError', "Cannot destructure property 'k' of 'a.k' as it is undefined."],
  ['TypeError', 'a.k is not iterable'],
  ['TypeError', 'Cannot convert undefined or null to object'],
  ['TypeError', 'fetch failed'],
  ['SyntaxError', 'Unexpected token in JSON at position 0'],
  ['TypeError', 'Invalid URL'],
  ['AxiosError', 'connect ETIMEDOUT'],
  ['Error', 'EMFILE: too many open files'],
)

describe('a template never makes a file that the language itself refuses', () => {
  it(
    'Python, by the parser of ruff',
    () => {
      let repaired = 0
      fc.assert(
        fc.property(
          pythonValue,
          pythonStatement,
          pythonException,
          fc.boolean(),
          (value, statement, [type = '', message = ''], deeper) => {
            const body = `def f(a, b, x):\n    """😀"""\n    ${statement(value)}\n    done()\n`
            const text = deeper ? `class C:\n${body.replace(/^(?=.)/gm, '    ')}` : body
            if (pythonErrors(text).length > 0) return
            for (let line = 1; line <= text.split('\n').length; line += 1) {
              const site = {
                language: 'python' as const,
                path: 'f.py',
                text,
                line,
                column: null,
                exception: { type, message },
              }
              for (const fix of templateFixes(TEMPLATES, site)) {
                repaired += 1
                expect(pythonErrors(fix.newText), fix.newText).toEqual([])
              }
            }
          },
        ),
        { numRuns: 300 },
      )
      expect(repaired).toBeGreaterThan(0) // without any, nothing was shown
    },
    PATIENCE_MS,
  )

  it(
    'JavaScript and TypeScript, by the parser of oxc',
    () => {
      let repaired = 0
      fc.assert(
        fc.property(
          scriptValue,
          scriptStatement,
          scriptException,
          fc.constantFrom('f.ts', 'f.mjs', 'f.tsx'),
          (value, statement, [type = '', message = ''], path) => {
            const text = `async function f(a, b, x, v, c) {\n  ${statement(value)}\n  return '😀'\n}\n`
            if (scriptErrors(path, text).length > 0) return
            for (let line = 1; line <= text.split('\n').length; line += 1) {
              const language = path === 'f.mjs' ? ('javascript' as const) : ('typescript' as const)
              const site = { language, path, text, line, column: null, exception: { type, message } }
              for (const fix of templateFixes(TEMPLATES, site)) {
                repaired += 1
                expect(scriptErrors(path, fix.newText), fix.newText).toEqual([])
              }
            }
          },
        ),
        { numRuns: 300 },
      )
      expect(repaired).toBeGreaterThan(0) // without any, nothing was shown
    },
    PATIENCE_MS,
  )
})
