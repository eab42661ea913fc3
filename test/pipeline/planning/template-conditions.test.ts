import { describe, expect, it } from 'vitest'
import { templateFixes } from '../../../src/pipeline/planning/templates/template-fixes.ts'
import type { TemplateCategory } from '../../../src/pipeline/planning/templates/fix-template.ts'
import type { Language } from '../../../src/pipeline/signals/stack-trace.ts'
import { TEMPLATES } from './shipped.ts'

/** Ids of the templates of a category that fit the line with the mark `<-`, whatever the exception. */
function fitting(language: Language, category: TemplateCategory, text: string): readonly string[] {
  const line = text.split('\n').findIndex((each) => each.includes('<-')) + 1
  const exception = { type: 'Any', message: '' }
  const templates = TEMPLATES.filter((template) => template.category === category).map((template) => ({
    ...template,
    exceptions: [{ types: [], message: null, confidence: null }],
  }))
  const site = { language, path: '', text, line, column: null, exception }
  return templateFixes(templates, site).map(({ template }) => template.id)
}

const go = (body: string) => `package p\n\nfunc f(path string) (*T, error) {\n${body}\n}\n`

describe('a resource that is looked after is left alone', () => {
  it.each<[string, Language, string]>([
    ['closed in finally', 'python', 'f = open(p) # <-\ntry:\n    use(f.read())\nfinally:\n    f.close()\n'],
    ['used in a with', 'python', 's = socket.socket() # <-\nwith s:\n    s.send(b"x")\n'],
    ['returned', 'python', 'def f(p):\n    f = open(p) # <-\n    return f\n'],
    ['kept', 'python', 'def f(self, p):\n    f = open(p) # <-\n    self.file = f\n'],
    [
      'yielded to',
      'python',
      'def f(p):\n    s = socket.create_connection(p) # <-\n    return lambda: s.recv(1)\n',
    ],
    [
      'released in finally',
      'javascript',
      'const c = await pool.connect() // <-\ntry {\n  await c.query(x)\n} finally {\n  c.release()\n}\n',
    ],
    [
      'used after the return',
      'javascript',
      'async function f() {\n  const c = await pool.connect() // <-\n  return c.query(x)\n}\n',
    ],
    [
      'handed out',
      'typescript',
      'async function f() {\n  const h = await open(p) // <-\n  return { h }\n}\n',
    ],
    [
      'closed in finally',
      'java',
      'class C { void f() {\n Connection c = pool.getConnection(); // <-\n try {\n c.commit();\n } finally {\n c.close();\n }\n } }',
    ],
    ['deferred', 'go', go('\tf, err := os.Open(path) // <-\n\tdefer f.Close()\n\treturn parse(f), err')],
    ['returned', 'go', go('\tf, err := os.Open(path) // <-\n\treturn &T{file: f}, err')],
    ['stored', 'go', go('\tf, err := os.Open(path) // <-\n\tshared.file = f\n\treturn nil, err')],
    [
      'wrapped and returned',
      'go',
      go('\tf, err := os.Open(path) // <-\n\tr := csv.NewReader(f)\n\treturn &T{r}, err'),
    ],
    [
      'read elsewhere',
      'go',
      go('\tf, err := os.Open(path) // <-\n\tgo func() { parse(f) }()\n\treturn nil, err'),
    ],
  ])('%s, in %s', (_, language, text) => {
    expect(fitting(language, 'resource-leak', text)).toEqual([])
  })
})

describe('a resource that leaks is seen', () => {
  it.each<[string, Language, string]>([
    ['never closed', 'python', 'def f(p):\n    f = open(p) # <-\n    return f.read()\n'],
    ['closed on one path', 'python', 'c = HTTPConnection(h) # <-\nc.request("GET", "/")\nc.close()\n'],
    [
      'closed on one path',
      'typescript',
      'async function f() {\n  const c = await pool.connect() // <-\n  const { rows } = await c.query(x)\n  c.release()\n  return { rows }\n}\n',
    ],
    [
      'read to its end',
      'go',
      go('\tf, err := os.Open(path) // <-\n\tdata, err := io.ReadAll(f)\n\treturn parse(data), err'),
    ],
    [
      'decoded',
      'go',
      go(
        '\tr, err := http.Get(path) // <-\n\tvar t T\n\terr = json.NewDecoder(r.Body).Decode(&t)\n\treturn &t, err',
      ),
    ],
  ])('%s, in %s', (_, language, text) => {
    expect(fitting(language, 'resource-leak', text)).not.toEqual([])
  })

  it('and what is declared meanwhile stays in reach', () => {
    const text = [
      'async function f() {',
      '  const c = await pool.connect()',
      '  const { rows } = await c.query(x)',
      '  log(rows)',
      '  return { rows }',
      '}',
      '',
    ].join('\n')
    const exception = { type: 'Error', message: 'timeout exceeded when trying to connect' }
    const site = { language: 'typescript' as const, path: '', text, line: 2, column: null, exception }
    expect(templateFixes(TEMPLATES, site)[0]?.newText).toContain('    return { rows }\n  } finally {\n')
  })
})

describe('a call that has a limit is left alone', () => {
  it.each<[string, Language, string]>([
    ['by its third argument', 'python', 'urlopen(url, None, 5) # <-'],
    ['by a keyword', 'python', 'urlopen(url, timeout=LIMIT) # <-'],
    ['perhaps, by what is passed on', 'python', 'requests.get(url, **options) # <-'],
    ['for every socket', 'python', 'import socket\nsocket.setdefaulttimeout(3)\nurlopen(url) # <-'],
    ['set on the socket', 'python', 'def f():\n    s = create_connection(a) # <-\n    s.settimeout(1)\n'],
    ['by a signal', 'javascript', 'fetch(url, { method, signal }) // <-'],
    ['perhaps, by what is spread', 'javascript', 'fetch(url, { ...options, body }) // <-'],
    [
      'set on the request',
      'typescript',
      'function f() {\n  const r = request(u, { agent }) // <-\n  r.setTimeout(9)\n}',
    ],
    ['by a race', 'javascript', 'function f() {\n  return Promise.race([fetch(url), late]) // <-\n}'],
    [
      'by the builder',
      'java',
      'class C { void f() {\n HttpRequest.newBuilder(u).timeout(t).build(); // <-\n } }',
    ],
    [
      'set later',
      'java',
      'class C { void f() {\n URLConnection c = u.openConnection(); // <-\n c.setReadTimeout(9); } }',
    ],
    ['of the client', 'go', 'package p\n\nvar c = http.Client{Timeout: t} // <-\n'],
  ])('%s, in %s', (_, language, text) => {
    expect(fitting(language, 'timeout', text)).toEqual([])
  })
})

describe('definitions that a fix needs', () => {
  const exception = { type: 'HTTPError', message: 'HTTP Error 503: Service Unavailable' }
  const retry = TEMPLATES.filter(({ id }) => id === 'python-urlopen-retry')
  const fixed = (text: string, line: number) =>
    templateFixes(retry, { language: 'python', path: '', text, line, column: null, exception })[0]?.newText ??
    ''

  it('are written once, and used by the next fix in the file', () => {
    const once = fixed('import urllib.request\n\na = urlopen(a_url)\nb = urlopen(b_url)\n', 3)
    const line = once.split('\n').indexOf('b = urlopen(b_url)') + 1
    const twice = fixed(once, line)
    expect(twice.match(/def ask_again/g)).toHaveLength(1)
    expect(twice).toContain('b = ask_again(lambda: urlopen(b_url))')
  })

  it.each([
    ['import json\nimport urllib.request\n', 'import json\nimport time\nimport urllib.request\n'],
    ['import zlib\nimport json\n', 'import zlib\nimport json\nimport time\n'],
    ['import json\n\nimport urllib3\n', 'import json\n\nimport urllib3\nimport time\n'],
    [
      'from os import path\nimport urllib.request\n',
      'from os import path\nimport time\nimport urllib.request\n',
    ],
  ])('bring their import in the order of those that are there: %j', (before, after) => {
    const text = `${before}\n\na = urlopen(a_url)\n`
    expect(fixed(text, text.split('\n').indexOf('a = urlopen(a_url)') + 1).startsWith(after)).toBe(true)
  })

  it('take another name where theirs is taken', () => {
    const text = 'def ask_again():\n    pass\n\n\na = urlopen(a_url)\n'
    expect(fixed(text, 5)).toContain('def ask_again_2(ask):')
    expect(fixed(text, 5)).toContain('a = ask_again_2(lambda: urlopen(a_url))')
  })
})
