import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fixCommand } from '../../src/commands/fix.ts'
import { TemporaryRepository, temporaryDirectory } from '../integrations/git/temp-repository.ts'
import { SETTINGS, TEMPLATES } from '../pipeline/planning/shipped.ts'

interface Answer {
  readonly reason?: string
  readonly location?: Record<string, unknown>
  readonly plan?: {
    readonly chosen: string
    readonly candidates: readonly {
      candidateId: string
      strategy: string
      template: string | null
      unavailable: string | null
    }[]
  }
  readonly diff?: string
  readonly ms: number
}

interface Case {
  readonly path: string
  readonly before: string
  readonly after: string
  readonly trace: string
}

async function fix(each: Pick<Case, 'path' | 'before' | 'trace'> & { readonly healthy?: string }) {
  const repository = new TemporaryRepository()
  repository.commit('start', {
    'README.md': 'x\n',
    ...(each.healthy === undefined ? {} : { [each.path]: each.healthy }),
  })
  repository.commit('feature', { [each.path]: each.before })
  const file = join(temporaryDirectory(), 'trace.log')
  writeFileSync(file, each.trace)
  const before = stateOf(repository.directory)
  const written: string[] = []
  const deps = { templates: TEMPLATES, settings: SETTINGS }
  const code = await fixCommand({ repo: repository.directory, trace: file }, deps, (text) =>
    written.push(text),
  )
  expect(stateOf(repository.directory)).toEqual(before)
  return { code, answer: JSON.parse(written.join('')) as Answer, directory: repository.directory }
}

/** Refs and work tree. */
function stateOf(directory: string): readonly string[] {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: directory, encoding: 'utf8' })
  return [git('for-each-ref'), git('status', '--porcelain', '--ignored'), git('rev-parse', 'HEAD')]
}

const CASES: Readonly<Record<string, Case>> = {
  Python: {
    path: 'shop/receipt.py',
    before:
      'def build(order):\n    address = order.get("address")\n    country = address["country"]\n    return {"country": country}\n',
    after:
      'def build(order):\n    address = order.get("address")\n    country = address["country"] if address is not None else None\n    return {"country": country}\n',
    trace:
      'Traceback (most recent call last):\n  File "/app/shop/receipt.py", line 3, in build\n    country = address["country"]\nTypeError: \'NoneType\' object is not subscriptable\n',
  },
  JavaScript: {
    path: 'src/city.js',
    before: 'export function city(order) {\n  return order.address.city.trim()\n}\n',
    after: 'export function city(order) {\n  return order.address?.city.trim()\n}\n',
    trace:
      "TypeError: Cannot read properties of undefined (reading 'city')\n    at city (file:///app/src/city.js:2:24)\n",
  },
  TypeScript: {
    path: 'src/city.ts',
    before:
      'export function city(order: Order): string | undefined {\n  return order.address.city.trim()\n}\n',
    after:
      'export function city(order: Order): string | undefined {\n  return order.address?.city.trim()\n}\n',
    trace:
      "TypeError: Cannot read properties of null (reading 'city')\n    at city (/app/src/city.ts:2:24)\n",
  },
  Java: {
    path: 'src/main/java/shop/Receipt.java',
    before:
      'package shop;\n\nclass Receipt {\n    String country(Order order) {\n        return order.address().country();\n    }\n}\n',
    after:
      'package shop;\n\nclass Receipt {\n    String country(Order order) {\n        return order.address() != null ? order.address().country() : null;\n    }\n}\n',
    trace:
      'Exception in thread "main" java.lang.NullPointerException: Cannot invoke "shop.Address.country()" because the return value of "shop.Order.address()" is null\n\tat shop.Receipt.country(Receipt.java:5)\n',
  },
  Go: {
    path: 'receipt.go',
    before:
      'package main\n\nfunc country(address *Address) string {\n\tcountry := address.Country\n\treturn country\n}\n',
    after:
      'package main\n\nfunc country(address *Address) string {\n\tif address == nil {\n\t\treturn ""\n\t}\n\tcountry := address.Country\n\treturn country\n}\n',
    trace:
      'panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x45f1c6]\n\ngoroutine 1 [running]:\nmain.country(...)\n\t/app/receipt.go:4\nmain.main()\n\t/app/main.go:9 +0x18\n',
  },
}

describe('ccp fix', () => {
  it.each(Object.entries(CASES))(
    'repairs a missing value in %s, and git applies its diff',
    async (_, each) => {
      const { code, answer, directory } = await fix(each)
      expect(answer.reason).toBeUndefined()
      expect(code).toBe(0)
      expect(answer.location).toMatchObject({ file: each.path })
      execFileSync('git', ['apply', '-'], { cwd: directory, input: answer.diff ?? '' })
      expect(execFileSync('cat', [join(directory, each.path)], { encoding: 'utf8' })).toBe(each.after)
    },
  )

  it('compares the candidates, and says why it cannot roll back', async () => {
    const { answer } = await fix(CASES.Python ?? raise())
    expect(answer.plan?.candidates[0]).toMatchObject({
      candidateId: answer.plan?.chosen,
      template: 'python-none-subscript',
    })
    const rollBack = answer.plan?.candidates.find(({ strategy }) => strategy === 'roll-back-deploy')
    expect(rollBack?.unavailable).toContain('not known which release')
  })

  it('reverts the commit where no template fits, with a diff that git applies', async () => {
    const each = {
      path: 'src/city.js',
      healthy: 'export const city = 1\n',
      before: 'throw new Error("no")\n',
      trace: 'Error: no\n    at /app/src/city.js:1:7\n',
    }
    const { code, answer, directory } = await fix(each)
    expect({ code, reason: answer.reason }).toEqual({ code: 0, reason: undefined })
    execFileSync('git', ['apply', '--check', '-'], { cwd: directory, input: answer.diff ?? '' })
    expect(answer.diff).toContain('+export const city = 1')
  })

  it('ends with 1 and a reason where no frame belongs to the repository', async () => {
    const { code, answer } = await fix({
      path: 'a.js',
      before: 'x\n',
      trace: 'Error: no\n    at f (/srv/other.js:1:7)\n',
    })
    expect(code).toBe(1)
    expect(answer.reason).toContain('/srv/other.js')
  })

  it('refuses a file without a trace', async () => {
    await expect(fix({ path: 'a.js', before: 'x\n', trace: 'all is well' })).rejects.toMatchObject({
      code: 'bad-input',
    })
  })
})

function raise(): never {
  throw new Error('the case is missing')
}
