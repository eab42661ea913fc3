import { describe, expect, it } from 'vitest'
import { whyNotRepeated } from '../../../src/pipeline/planning/templates/idempotency/why-not-repeated.ts'
import { parseSource } from '../../../src/pipeline/signals/parse-source.ts'
import type { Language } from '../../../src/pipeline/signals/stack-trace.ts'

const CALLS: Readonly<Record<Language, RegExp>> = {
  python: /urlopen$|\.(?:get|put|post|patch|delete|request)$/,
  javascript: /fetch$|axios\.\w+$/,
  typescript: /fetch$|axios\.\w+$/,
  java: /send$/,
  go: /\.(?:Get|Post|PostForm|Do)$/,
}

/** The answer for the last call of the program that asks somebody. */
function whyNot(language: Language, program: string): string | null {
  const kind = { python: 'call', java: 'method_invocation' }[language as string] ?? 'call_expression'
  const calls = parseSource(language, program).root().findAll({ rule: { kind } })
  const call = calls.findLast((each) =>
    CALLS[language].test((each.field('function') ?? each.field('name'))?.text() ?? ''),
  )
  if (call === undefined) throw new Error('the program asks nobody')
  return whyNotRepeated(call, language)
}

const go = (body: string) => `package p\n\nfunc f(client *http.Client, url string) {\n\t${body}\n}\n`
const java = (body: string) => `class C { void f(HttpRequest given) throws Exception { ${body} } }`

describe('a call that may be repeated', () => {
  it.each<[Language, string]>([
    ['python', 'urlopen(f"{HOST}/stock/{sku}")'],
    ['python', 'urllib.request.urlopen(url, timeout=2)'],
    ['python', 'urlopen(HOST_URL + "/stock")'],
    ['python', 'urlopen(url_of(sku))'],
    ['python', 'urlopen("{}/stock".format(HOST))'],
    ['python', 'def f(sku):\n    target = "http://bank/" + sku\n    return urlopen(target)'],
    ['python', 'urlopen(Request(url, headers={"accept": "text/plain"}))'],
    ['python', 'urlopen(Request(url, data=body, method="PUT"))'],
    ['python', 'def f():\n    request = urllib.request.Request(url)\n    return urlopen(request)'],
    ['python', 'requests.get(url)'],
    ['python', 'session.request("DELETE", url)'],
    ['python', 'requests.post(url, headers={"Idempotency-Key": key})'],
    [
      'python',
      'def f():\n    headers = {"Idempotency-Key": str(uuid4())}\n    request = Request(url, data=b, headers=headers)\n    return urlopen(request)',
    ],
    [
      'python',
      'def f():\n    request = Request(url, data=b)\n    request.add_header("Idempotency-Key", key)\n    return urlopen(request)',
    ],
    ['javascript', 'fetch(url)'],
    ['javascript', 'fetch(`${host}/stock`, { headers })'],
    ['javascript', "fetch(url, { method: 'put', body })"],
    ['javascript', "fetch(url, { method: 'POST', headers: { 'idempotency-key': key } })"],
    ['typescript', "const headers = { 'Idempotency-Key': key }\nfetch(url, { method: 'POST', headers })"],
    ['typescript', "const options = { method: 'DELETE' }\nfetch(url, options)"],
    ['typescript', 'axios.get<Stock>(url)'],
    ['java', java('client.send(HttpRequest.newBuilder(uri).build(), handler);')],
    ['java', java('HttpRequest r = HttpRequest.newBuilder(uri).PUT(body).build(); client.send(r, handler);')],
    [
      'java',
      java(
        'var r = HttpRequest.newBuilder(uri).header("Idempotency-Key", key).POST(body).build(); client.send(r, handler);',
      ),
    ],
    ['go', go('http.Get(url)')],
    ['go', go('request, err := http.NewRequest("DELETE", url, nil)\n\tclient.Do(request)')],
    [
      'go',
      go(
        'request, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)\n\tclient.Do(request)',
      ),
    ],
    [
      'go',
      go(
        'request, _ := http.NewRequest("POST", url, nil)\n\trequest.Header.Set("Idempotency-Key", key)\n\tclient.Do(request)',
      ),
    ],
  ])('%s: %s', (language, program) => {
    expect(whyNot(language, program)).toBeNull()
  })
})

const NOT_IDEMPOTENT = /^not retried: (?:POST|PATCH) is not idempotent, a second one may do twice/
const UNKNOWN = /cannot be seen here/

describe('a call that must not be repeated, with the reason', () => {
  it.each<[Language, string, RegExp]>([
    ['python', 'urlopen(url, data)', NOT_IDEMPOTENT],
    ['python', 'urlopen(url, data=json.dumps(order).encode())', NOT_IDEMPOTENT],
    ['python', 'urlopen(Request(url, data=body))', NOT_IDEMPOTENT],
    [
      'python',
      'def f():\n    request = Request(url, data=body)\n    return urlopen(request)',
      NOT_IDEMPOTENT,
    ],
    ['python', 'urlopen(Request(url, method="PATCH"))', NOT_IDEMPOTENT],
    ['python', 'requests.post(url, json=order)', NOT_IDEMPOTENT],
    ['python', 'requests.post(url, headers={"Idempotency-Key": str(uuid4())})', /another idempotency key/],
    ['python', 'def f(request):\n    return urlopen(request)', UNKNOWN],
    [
      'python',
      'def f():\n    request = Request(url)\n    request.data = body\n    return urlopen(request)',
      UNKNOWN,
    ],
    ['python', 'session.request(method, url)', UNKNOWN],
    ['python', 'urlopen(Request(url, method=verb))', UNKNOWN],
    ['javascript', "fetch(url, { method: 'POST', body })", NOT_IDEMPOTENT],
    ['javascript', 'axios.patch(url, order)', NOT_IDEMPOTENT],
    ['javascript', 'fetch(url, { method, body })', UNKNOWN],
    ['javascript', 'fetch(url, { ...options })', UNKNOWN],
    ['javascript', 'function f(options) { return fetch(url, options) }', UNKNOWN],
    ['javascript', 'function f(request) { return fetch(request) }', UNKNOWN],
    ['java', java('client.send(given, handler);'), UNKNOWN],
    [
      'java',
      java('var r = HttpRequest.newBuilder(uri).POST(body).build(); client.send(r, handler);'),
      NOT_IDEMPOTENT,
    ],
    [
      'java',
      java('var r = HttpRequest.newBuilder(uri).method(verb, body).build(); client.send(r, handler);'),
      UNKNOWN,
    ],
    ['go', go('http.Post(url, "text/plain", body)'), NOT_IDEMPOTENT],
    ['go', go('client.PostForm(url, values)'), NOT_IDEMPOTENT],
    [
      'go',
      go('request, _ := http.NewRequest(http.MethodPost, url, nil)\n\tclient.Do(request)'),
      NOT_IDEMPOTENT,
    ],
    [
      'go',
      go('request, _ := http.NewRequest("PUT", url, body)\n\tclient.Do(request)'),
      /body can be read only once/,
    ],
    ['go', go('request, _ := http.NewRequest(method, url, nil)\n\tclient.Do(request)'), UNKNOWN],
  ])('%s: %s', (language, program, reason) => {
    expect(whyNot(language, program)).toMatch(reason)
  })
})
