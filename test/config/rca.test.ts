import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadSettings } from '../../src/config/load.ts'
import { PAST_METHODS } from '../../src/pipeline/rca/past-scale.ts'

const SHIPPED = readFileSync(fileURLToPath(new URL('../../config/rca.yaml', import.meta.url)), 'utf8')
const METHOD = '  method: quantile-range\n'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccp-rca-config-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function load(method: string) {
  expect(SHIPPED).toContain(METHOD)
  writeFileSync(join(folder, 'rca.yaml'), SHIPPED.replace(METHOD, method))
  return loadSettings(['rca'], { CCP_CONFIG_DIR: folder }).rca.deviation
}

describe('the method by which a series is compared with its past', () => {
  it.each(PAST_METHODS)('may be %s', (method) => {
    expect(load(`  method: ${method}\n`).method).toBe(method)
  })

  it('is quantile-range in a file that does not name it', () => {
    expect(load('').method).toBe('quantile-range')
  })

  it('is refused with its line and the known ones where it is another', () => {
    const line = SHIPPED.slice(0, SHIPPED.indexOf(METHOD)).split('\n').length
    expect(() => load('  method: z-score\n')).toThrow(
      `rca.yaml:${line}: deviation.method: is not a known method: write one of quantile-range, mad, iqr, sigma`,
    )
  })
})
