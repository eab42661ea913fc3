import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { methodVariants } from '../../bench/rca/method-variants.ts'
import { readAll } from '../../bench/rca/predict.ts'
import { incidentCase, SETTINGS, shopMetrics } from '../pipeline/rca/builders.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccp-bench-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (file: string, value: unknown): void => writeFileSync(join(folder, file), JSON.stringify(value))

describe('the methods in the bench of causes', () => {
  it('are each a row of their own, but the one that is shipped', () => {
    const rows = [...methodVariants(SETTINGS)]
    expect(rows.map(([name, { deviation }]) => [name, deviation.method])).toEqual([
      ['shipped, by mad', 'mad'],
      ['shipped, by iqr', 'iqr'],
      ['shipped, by sigma', 'sigma'],
    ])
    for (const [, { model }] of rows) expect(model).toBe(SETTINGS.model)
    const other = { ...SETTINGS, deviation: { ...SETTINGS.deviation, method: 'mad' as const } }
    expect([...methodVariants(other).keys()]).toContain('shipped, by quantile-range')
  })

  it('rank the cases that the shipped one ranks', async () => {
    const metrics = shopMetrics({
      payment: { success: 0.7 },
      gateway: { success: 0.7 },
      checkout: { success: 0.7 },
    })
    writeFileSync(join(folder, 'one.json.gz'), gzipSync(JSON.stringify(incidentCase({ id: 'one', metrics }))))
    write('index.json', { one: { dataset: 'shop' } })
    write('answers.json', { one: { service: 'payment' } })
    const { predictions } = await readAll(folder, SETTINGS, methodVariants(SETTINGS))
    for (const row of ['as shipped', 'shipped, by mad', 'shipped, by iqr', 'shipped, by sigma'])
      expect(predictions.get(row)?.map(({ services }) => services[0])).toEqual(['payment'])
    expect([...(await readAll(folder, SETTINGS)).predictions.keys()]).not.toContain('shipped, by mad')
  })
})
