import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { GraphFile, type FiledGraph } from '../../../src/integrations/topology/graph-file.ts'

const GRAPH: FiledGraph = {
  keptAtMs: 10_000,
  calls: [
    {
      caller: 'gateway',
      callee: 'payment',
      by: [
        { source: 'services.yaml', lastSeenMs: null },
        { source: 'traces', lastSeenMs: 9_000 },
      ],
    },
  ],
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'ccp-graph-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

it('gives back the calls and when they were kept, from a folder that was not there', async () => {
  const directory = join(folder(), 'data')
  const file = new GraphFile(join(directory, 'service-graph.json'))
  expect(await file.read()).toBeNull()
  await file.write({ keptAtMs: 1, calls: [] })
  await file.write(GRAPH)
  expect(await file.read()).toEqual(GRAPH)
  expect(readdirSync(directory)).toEqual(['service-graph.json'])
})

it.each([
  ['one that was cut off', (text: string) => text.slice(0, -20)],
  ['one of another version', (text: string) => text.replace('"version":1', '"version":2')],
  ['one with a source that nobody knows', (text: string) => text.replace('traces', 'tarot')],
])('says of %s what to do', async (_, change) => {
  const path = join(folder(), 'service-graph.json')
  const file = new GraphFile(path)
  await file.write(GRAPH)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
  await expect(file.read()).rejects.toMatchObject({
    code: 'corrupt',
    message: expect.stringContaining(path),
    mend: expect.stringContaining('remove it'),
  })
})

it('says where it cannot be written or read', async () => {
  const directory = folder()
  writeFileSync(join(directory, 'data'), '')
  const below = new GraphFile(join(directory, 'data', 'service-graph.json'))
  await expect(below.write(GRAPH)).rejects.toMatchObject({
    code: 'unavailable',
    mend: expect.stringContaining('CCP_DATA_DIR'),
  })
  await expect(new GraphFile(directory).read()).rejects.toMatchObject({ code: 'unavailable' })
})
