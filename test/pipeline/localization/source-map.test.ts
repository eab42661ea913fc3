import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { GitSourceRepository } from '../../../src/integrations/git/source-repository.ts'
import { localize } from '../../../src/pipeline/localization/localize.ts'
import { TemporaryRepository } from '../../integrations/git/temp-repository.ts'
import { aDiagnosis } from './a-diagnosis.ts'

const SOURCE = `interface Order {
  address?: { city: string }
}

export class Receipt {
  city(order: Order): string {
    return order.address!.city
  }
}
`

/** What a build makes of `src/receipt.ts`, and the place in it where the source has `order.address!.city`. */
function build(inline: boolean): { js: string; map: string | undefined; line: number; column: number } {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    sourceMap: !inline,
    inlineSourceMap: inline,
    removeComments: true,
  }
  const output = ts.transpileModule(SOURCE, { compilerOptions, fileName: '../src/receipt.ts' })
  const lines = output.outputText.split('\n')
  const line = lines.findIndex((text) => text.includes('order.address.city'))
  const column = (lines[line] ?? '').indexOf('city') + 1
  return { js: output.outputText, map: output.sourceMapText, line: line + 1, column }
}

async function locate(files: Readonly<Record<string, string>>, file: string, line: number, column: number) {
  const repository = new TemporaryRepository()
  repository.commit('start', files)
  const trace = `TypeError: Cannot read properties of undefined (reading 'city')\n    at t.city (${file}:${line}:${column})`
  return localize(aDiagnosis(trace), {
    service: { name: 'payment', codeRoots: ['/app'] },
    repository: new GitSourceRepository(repository.directory),
    deployedCommit: repository.head(),
    previousCommit: null,
  })
}

const EXPECTED = {
  kind: 'done',
  value: { file: 'src/receipt.ts', line: 7, symbol: 'Receipt.city', language: 'typescript' },
}

describe('a frame in a bundle', () => {
  it('leads to the source by the map beside the bundle', async () => {
    const { js, map, line, column } = build(false)
    const files = { 'src/receipt.ts': SOURCE, 'dist/bundle.js': js, 'dist/bundle.js.map': map ?? '' }
    expect(line).not.toBe(7)
    expect(await locate(files, '/app/dist/bundle.js', line, column)).toMatchObject(EXPECTED)
    expect(await locate(files, 'https://shop.example/dist/bundle.js?v=3', line, column)).toMatchObject(
      EXPECTED,
    )
  })

  it('leads to the source by a map inside the bundle', async () => {
    const { js, line, column } = build(true)
    const files = { 'src/receipt.ts': SOURCE, 'dist/bundle.js': js }
    expect(await locate(files, '/app/dist/bundle.js', line, column)).toMatchObject(EXPECTED)
  })

  it('leads to the source where only the map is in the repository', async () => {
    const { map, line, column } = build(false)
    const files = { 'src/receipt.ts': SOURCE, 'dist/bundle.js.map': map ?? '' }
    expect(await locate(files, '/app/dist/bundle.js', line, column)).toMatchObject(EXPECTED)
  })

  it('stays in the bundle where the map is broken', async () => {
    const { js, line, column } = build(false)
    const files = { 'src/receipt.ts': SOURCE, 'dist/bundle.js': js, 'dist/bundle.js.map': '{"version":' }
    const outcome = await locate(files, '/app/dist/bundle.js', line, column)
    expect(outcome).toMatchObject({ kind: 'done', value: { file: 'dist/bundle.js', line } })
  })
})
