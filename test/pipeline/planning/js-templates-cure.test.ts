import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { templateFixes } from '../../../src/pipeline/planning/templates/template-fixes.ts'
import { TEMPLATES } from './shipped.ts'

/** The value of the program, or the exception that V8 itself throws, with its line and column. */
function execute(
  source: string,
): { value: unknown } | { type: string; message: string; line: number; column: number } {
  try {
    return { value: runInNewContext(source, {}, { filename: 'program.js' }) as unknown }
  } catch (thrown) {
    const { name, message, stack } = thrown as Error
    const [, line = '0', column = '0'] = /program\.js:(\d+):(\d+)/.exec(stack ?? '') ?? []
    return { type: name, message, line: Number(line), column: Number(column) }
  }
}

const PROGRAMS: readonly (readonly [body: string, result: unknown])[] = [
  ['const c = order.address.country\n  return c', undefined],
  ['const c = order.address.country.toUpperCase()\n  return [c, order.id]', [undefined, 7]],
  ['return order.nothing[0].sku', undefined],
  ['return order.id + order.price.net * 2', undefined],
  ['if (order.customer.vip) return 1\n  return 2', 2],
  ['if (!order.customer.vip || order.id > 9) return 1\n  return 2', 1],
  ['let n = 0\n  for (const line of order.cart.lines) n += line\n  return n', 0],
  ['let n = 0\n  for (const line of order.lines) n += line\n  return n', 0],
  ['return [...order.cart.lines, 1]', [1]],
  ['return [1, ...order.lines]', [1]],
  ['const { city } = order.address\n  return city', undefined],
  ['order.meta.seen = true\n  return order.id', 7],
  ['order.payment.release()\n  return order.id', 7],
  ['return Object.keys(order.labels).length', 0],
  ['return Object.entries(order.cart.labels)', undefined],
  ['const v = JSON.parse(order.text)\n  return v', null],
  ['return `${order.id} ${order.address.city}`', '7 undefined'],
  ['return String(order.address.city)', 'undefined'],
  ['return order.address.a === order.address.b', true],
  ['const f = () => order.address.city\n  return f()', undefined],
]

describe('the best JavaScript template cures what V8 throws', () => {
  for (const [body, result] of PROGRAMS) {
    it(body.replace(/\s+/g, ' '), () => {
      let text = `function handle(order) {\n  ${body}\n}\nhandle({ id: 7, text: 'not JSON' })\n`
      for (let round = 0; round < 3; round += 1) {
        const fault = execute(text)
        if ('value' in fault) break
        const { type, message, line, column } = fault
        const site = {
          language: 'javascript' as const,
          path: 'p.js',
          text,
          line,
          column,
          exception: { type, message },
        }
        const [best] = templateFixes(TEMPLATES, site)
        expect(best, `${type}: ${message} in\n${text}`).toBeDefined()
        text = best?.newText ?? ''
      }
      // JSON, for arrays of another realm are not equal to ours.
      expect(JSON.stringify(execute(text)), text).toBe(JSON.stringify({ value: result }))
    })
  }
})
