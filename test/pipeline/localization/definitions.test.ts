import { describe, expect, it } from 'vitest'
import { definitionsAround, listDefinitions } from '../../../src/pipeline/localization/definitions.ts'
import type { Language } from '../../../src/pipeline/signals/stack-trace.ts'

function at(language: Language, text: string, path = ''): (line: number) => string | null {
  const definitions = listDefinitions(language, text, path)
  return (line) => definitionsAround(definitions, line)[0]?.qualifiedName ?? null
}

describe('the symbol around a line', () => {
  it('of Python is the innermost function with its class', () => {
    const symbol = at(
      'python',
      '@app.post("/x")\nasync def charge():\n    def inner():\n        pass\n\nclass A:\n    x = 1\n    def b(self):\n        pass\n',
    )
    expect([1, 2, 4, 7, 9].map(symbol)).toEqual([null, 'charge', 'inner', 'A', 'A.b'])
  })

  it('of JavaScript may be named by what it is assigned to', () => {
    const symbol = at(
      'javascript',
      'const a = () => {\n  x()\n}\nexports.b = function () {\n  x()\n}\nconst c = {\n  d: async () => {\n    x()\n  },\n  e() {\n    x()\n  },\n}\nCart.prototype.f = function () {\n  x()\n}\nclass G {\n  #h() {\n    x()\n  }\n}\nfunction* i() {\n  x()\n}\n',
    )
    expect([2, 5, 9, 12, 16, 20, 24].map(symbol)).toEqual(['a', 'b', 'd', 'e', 'Cart.f', 'G.#h', 'i'])
  })

  it('of TypeScript and TSX is found among types', () => {
    const symbol = at(
      'typescript',
      'export const A = <T,>(p: Props<T>): JSX.Element => {\n  return <b>{p.x}</b>\n}\nabstract class B {\n  c = (): void => {\n    x()\n  }\n}\n',
      'a.tsx',
    )
    expect([2, 6].map(symbol)).toEqual(['A', 'B.c'])
  })

  it('of Java has the classes it is nested in', () => {
    const symbol = at(
      'java',
      'class A {\n  record B(int x) {\n    B {\n      check(x);\n    }\n  }\n  enum C { D;\n    void e() {\n    }\n  }\n  A() {\n  }\n}\n',
    )
    expect([4, 8, 11, 7].map(symbol)).toEqual(['A.B.B', 'A.C.e', 'A.A', 'A.C'])
  })

  it('of Go has its receiver', () => {
    const symbol = at(
      'go',
      'package a\nfunc (s *Server[T]) Handle() {\n\tfunc() {\n\t}()\n}\nfunc main() {\n}\ntype X struct {\n\ty int\n}\n',
    )
    expect([3, 6, 9].map(symbol)).toEqual(['Server.Handle', 'main', 'X'])
  })

  it('is unknown in a text too large to parse, and in one that does not parse at all', () => {
    expect(listDefinitions('python', 'x = 1\n'.repeat(300_000), '')).toEqual([])
    expect(at('python', ')))((( def\u0000')(1)).toBeNull()
  })
})
