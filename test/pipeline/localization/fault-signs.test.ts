import { describe, expect, it } from 'vitest'
import { findSigns } from '../../../src/pipeline/localization/fault-signs/find-signs.ts'
import type { Fault } from '../../../src/pipeline/contracts.ts'
import type { Language } from '../../../src/pipeline/signals/stack-trace.ts'

const found = (fault: Fault['kind'], language: Language, text: string) =>
  findSigns(fault, { language, text, path: '' }).filter(({ strength }) => strength > 1)

const WAITING: readonly (readonly [Language, string])[] = [
  ['python', 'requests.get(url)'],
  ['python', 'requests.post(url, json=order)'],
  ['python', 'self.session.get(url)'],
  ['python', 'with urllib.request.urlopen(request) as answer:\n    pass'],
  ['python', 'urlopen(url, data)'],
  ['python', 'http.client.HTTPConnection(host)'],
  ['python', 'socket.create_connection((host, 80))'],
  ['python', 'subprocess.run(["convert", path], check=True)'],
  ['typescript', 'const answer = await fetch(url)'],
  ['typescript', "await fetch(url, { method: 'POST', body })"],
  ['javascript', "const sent = http.request(url, { method: 'POST' })"],
  ['javascript', 'const { data } = await axios.get(url)'],
  ['javascript', "const out = execSync('date')"],
  ['java', 'class A { void a() { var r = HttpRequest.newBuilder(uri).GET().build(); } }'],
  ['java', 'class A { void a() { var s = new Socket(host, 80); } }'],
  ['go', 'package a\nfunc a() { http.Get(url) }'],
  ['go', 'package a\nvar c = &http.Client{}'],
]

const LIMITED: readonly (readonly [Language, string])[] = [
  ['python', 'requests.get(url, timeout=1)'],
  ['python', 'requests.get(url, **options)'],
  ['python', 'urlopen(url, data, 2)'],
  ['python', 'socket.create_connection((host, 80), 2)'],
  ['typescript', 'await fetch(url, { signal: AbortSignal.timeout(500) })'],
  ['typescript', 'function f() { const r = http.request(url); r.setTimeout(500, () => r.destroy()) }'],
  [
    'java',
    'class A { void a() { var r = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(1)).build(); } }',
  ],
  ['go', 'package a\nvar c = &http.Client{Timeout: time.Second}'],
]

const OPEN: readonly (readonly [Language, string])[] = [
  ['python', 'def f():\n    file = open(path)\n    return file.read()'],
  ['python', 'def f():\n    return json.load(open(path))'],
  ['python', 'def f():\n    fd = os.open(path, os.O_RDONLY)\n    os.read(fd, 10)'],
  ['python', 'def f():\n    fd, path = tempfile.mkstemp()\n    return path'],
  ['python', 'def f():\n    file = open(path)\n    check(file)\n    file.close()'],
  ['python', 'def f():\n    OPEN[key] = open(path)'],
  ['typescript', "function f() { const fd = openSync(path, 'a'); writeSync(fd, line) }"],
  ['typescript', 'function f() { const agent = new Agent({ keepAlive: true }); return get(agent) }'],
  ['java', 'class A { void a() { var in = new FileInputStream(path); in.read(); } }'],
  ['go', 'package a\nfunc a() { f, err := os.Open(p); use(f) }'],
  ['go', 'package a\nfunc a() { f, err := os.Open(p); use(f); f.Close() }'],
]

const CLOSED: readonly (readonly [Language, string])[] = [
  ['python', 'def f():\n    with open(path) as file:\n        return file.read()'],
  ['python', 'def f():\n    with closing(urlopen(url)) as answer:\n        return answer.read()'],
  [
    'python',
    'def f():\n    fd = os.open(p, 0)\n    try:\n        os.read(fd, 1)\n    finally:\n        os.close(fd)',
  ],
  [
    'typescript',
    "function f() { const fd = openSync(p, 'a'); try { writeSync(fd, l) } finally { closeSync(fd) } }",
  ],
  ['typescript', 'const agent = new Agent({ keepAlive: true })'],
  ['java', 'class A { void a() { try (var in = new FileInputStream(path)) { in.read(); } } }'],
  ['go', 'package a\nfunc a() { f, err := os.Open(p); defer f.Close(); use(f) }'],
]

describe('signs of slow answers', () => {
  it.each(WAITING)('%s: %s', (language, text) => {
    expect(found('slow-answers', language, text)).toHaveLength(1)
  })
  it.each(LIMITED)('not %s: %s', (language, text) => {
    expect(found('slow-answers', language, text)).toEqual([])
  })
})

describe('signs of an exhausted resource', () => {
  it.each(OPEN)('%s: %s', (language, text) => {
    expect(found('exhaustion', language, text)).toHaveLength(1)
  })
  it.each(CLOSED)('not %s: %s', (language, text) => {
    expect(found('exhaustion', language, text)).toEqual([])
  })
  it('ranks what is never closed above what is closed on some paths', () => {
    const some = 'def f():\n    file = open(path)\n    check(file)\n    file.close()'
    const never = 'def f():\n    file = open(path)\n    check(file)'
    const strength = (text: string) => found('exhaustion', 'python', text)[0]?.strength ?? 0
    expect(strength(never)).toBeGreaterThan(strength(some))
  })
})
