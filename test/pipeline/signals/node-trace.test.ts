import { describe, expect, it } from 'vitest'
import { parseStackTraces } from '../../../src/pipeline/signals/stack-traces.ts'
import { outline } from './outline.ts'

describe("a stack trace of Node's", () => {
  it('is read in all the forms of a frame', () => {
    const text = `TypeError: Cannot read properties of undefined (reading 'city')
    at receipt (/app/src/receipt.js:3:7)
    at async Object.charge [as run] (file:///app/src/charge.mjs:1:2)
    at new Order (webpack://shop/./src/order.js?1f2e:5:1)
    at Array.map (<anonymous>)
    at eval (eval at run (/app/src/rules.js:9:1), <anonymous>:1:1)
    at /app/src/routes.js:4:5
    at async Promise.all (index 0)
    at C:\\shop\\src\\win.js:8:9
    at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)
    at emit (events.js:315:20)
    at node:internal/main/run_main_module:28:49`
    expect(outline(text)).toEqual([
      "javascript TypeError: Cannot read properties of undefined (reading 'city')",
      '* receipt /app/src/receipt.js:3',
      '* Object.charge file:///app/src/charge.mjs:1',
      '* new Order webpack://shop/./src/order.js?1f2e:5',
      '- Array.map <anonymous>:null',
      '* eval /app/src/rules.js:9',
      '* null /app/src/routes.js:4',
      '- Promise.all index 0:null',
      '* null C:\\shop\\src\\win.js:8',
      '- Layer.handle /app/node_modules/express/lib/router/layer.js:95',
      '- emit events.js:315',
      '- null node:internal/main/run_main_module:28',
    ])
  })

  it('is TypeScript where its own files are', () => {
    const text = 'Error: x\n    at f (/app/node_modules/a/i.js:1:1)\n    at g (/app/src/a.ts:1:1)'
    expect(parseStackTraces(text)[0]?.language).toBe('typescript')
  })

  it('of an uncaught error is read with its source line and its cause', () => {
    const text = `/app/src/a.js:3
  a.b.c
      ^

Declined [ERR_DECLINED]: card expired
on 01/20
    at charge (/app/src/a.js:3:7)
    at main (/app/src/main.js:1:1) {
  code: 'ERR_DECLINED',
  [cause]: Error: inner
      at query (/app/src/db.js:9:1)
      ... 2 lines matching cause stack trace ...
      at main (/app/src/main.js:1:1) {
    [cause]: RangeError: innermost
        at parse (/app/src/parse.js:2:2)
  }
}

Node.js v24.0.0`
    expect(outline(text)).toEqual([
      'javascript Declined: card expired\non 01/20',
      '* charge /app/src/a.js:3',
      '* main /app/src/main.js:1',
      ' javascript Error: inner',
      ' * query /app/src/db.js:9',
      ' * main /app/src/main.js:1',
      '  javascript RangeError: innermost',
      '  * parse /app/src/parse.js:2',
    ])
  })

  it('of a syntax error begins where the file does not parse', () => {
    const text = `/app/src/broken.js:3
  foo bar
      ^^^

SyntaxError: Unexpected identifier 'bar'
    at wrapSafe (node:internal/modules/cjs/loader:1469:18)
    at Module._compile (node:internal/modules/cjs/loader:1491:20)`
    expect(outline(text)[1]).toBe('* null /app/src/broken.js:3')
  })

  it('of an AggregateError has the first error as cause', () => {
    const text = `AggregateError: All promises were rejected
    at any (/app/src/any.js:2:2) {
  [errors]: [
    Error: first
        at a (/app/src/a.js:1:1),
    Error: second
        at b (/app/src/b.js:1:1)
  ]
}`
    expect(outline(text)).toEqual([
      'javascript AggregateError: All promises were rejected',
      '* any /app/src/any.js:2',
      ' javascript Error: first',
      ' * a /app/src/a.js:1',
      'javascript Error: second',
      '* b /app/src/b.js:1',
    ])
  })

  it("of pino's serializer has its cause in the same string", () => {
    const stack =
      'Error: outer\n    at f (/app/a.js:1:1)\ncaused by: TypeError: inner\n    at g (/app/b.js:2:2)'
    expect(outline(JSON.stringify({ level: 50, err: { stack } }))).toEqual([
      'javascript Error: outer',
      '* f /app/a.js:1',
      ' javascript TypeError: inner',
      ' * g /app/b.js:2',
    ])
  })

  it('is one trace where a log line stands between its frames, and two where another error does', () => {
    const head = 'Error: x\n    at f (/app/a.js:1:1)'
    const tail = '    at g (/app/b.js:2:2)'
    expect(outline(`${head}\nGET /health 200\n${tail}`)).toHaveLength(3)
    expect(outline(`${head}\nTypeError: y\n${tail}`)).toHaveLength(4)
  })

  it('is not seen in prose', () => {
    expect(parseStackTraces('We met at 12:30:10 at example.com:80\n  at noon: 3:4\nat the café')).toEqual([])
  })
})
