import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readYaml } from '../../src/config/read-yaml.ts'
import { accessSchema } from '../../src/config/schema/access.ts'
import { concurrencySchema } from '../../src/config/schema/concurrency.ts'
import { servicesSchema } from '../../src/config/schema/services.ts'

describe('a YAML file', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ccp-config-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function read(text: string, schema: Parameters<typeof readYaml>[2], env: Record<string, string> = {}) {
    const file = join(folder, 'x.yaml')
    writeFileSync(file, text)
    return readYaml(file, 'config/x.yaml', schema, env)
  }

  it('has all its mistakes named at once, each with its line and the mend', () => {
    const result = read(
      [
        'services:',
        '  payment:',
        '    repository: ./payment',
        '    language: cobol',
        '    dependsOn: [ledger]',
        '    objective:',
        '      errorRatio: 5',
        '    colour: red',
      ].join('\n'),
      servicesSchema,
    )
    if (result.kind !== 'problems') throw new Error('no problem was found')
    expect(result.problems.map(({ line, message }) => `${line} ${message}`)).toEqual([
      '4 services.payment.language: must be python, javascript, typescript, java or go',
      '7 services.payment.objective.errorRatio: must be below 1: 0.01 is one per cent',
      '8 services.payment.colour is not a known key: remove it or correct its spelling',
    ])
  })

  it('names a dependency on a service that is not there', () => {
    const result = read('services:\n  a: { repository: x, language: go, dependsOn: [b] }\n', servicesSchema)
    expect(result).toMatchObject({
      kind: 'problems',
      problems: [{ line: 2, message: expect.stringContaining('names the service b') }],
    })
  })

  it('takes numbers from variables', () => {
    const text =
      'maxOperations: ${MAX:-2}\nlockTtl: 1m\nlockRetry: 1s\nlease: 30s\nmaxAttempts: 3\nfirstRetry: ${RETRY}\n'
    expect(read(text, concurrencySchema, { RETRY: '5s' })).toMatchObject({
      kind: 'read',
      value: { maxOperations: 2, firstRetryMs: 5_000 },
    })
    expect(read(text, concurrencySchema)).toMatchObject({
      kind: 'problems',
      problems: [{ line: 6, message: expect.stringContaining('RETRY is not set') }, {}],
    })
  })

  it('says where it is not YAML at all', () => {
    const result = read('a: [1,\nb: }', accessSchema)
    if (result.kind !== 'problems') throw new Error('no problem was found')
    expect(result.problems[0]).toMatchObject({
      line: 2,
      message: expect.stringContaining('is not valid YAML') as string,
    })
  })

  it('refuses an alias bomb', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]`)
      .join('\n')}\n`
    expect(read(bomb, accessSchema)).toMatchObject({
      kind: 'problems',
      problems: [{ message: expect.stringMatching(/alias/i) as string }],
    })
  })
})
