import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callGraph } from '../../../../src/pipeline/rca/call-graph.ts'
import { widthsToSymptom } from '../../../../src/pipeline/rca/evidence/graph-evidence.ts'
import { incidentCase } from '../builders.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']

describe('the way to the symptom', () => {
  it('is as wide as the weakest service on the best way', () => {
    const topology = {
      nodes: [],
      edges: [
        ['a', 'b'],
        ['a', 'c'],
        ['b', 'd'],
        ['c', 'd'],
      ] as const,
    }
    const strengths: Readonly<Record<string, number>> = { a: 5, b: 1, c: 3, d: 4 }
    const graph = callGraph(incidentCase({ topology }), [])
    expect(widthsToSymptom('a', graph, (name) => strengths[name] ?? 0)).toEqual(
      new Map([
        ['a', 5],
        ['b', 1],
        ['c', 3],
        ['d', 3],
      ]),
    )
  })

  it('ends at a service that is as usual, and needs a symptom', () => {
    const graph = callGraph(incidentCase(), [])
    const strength = (name: string): number => (name === 'checkout' ? 0 : 2)
    expect(widthsToSymptom('gateway', graph, strength)).toEqual(new Map([['gateway', 2]]))
    expect(widthsToSymptom(null, graph, strength)).toEqual(new Map())
  })

  it('finds in any graph, rings too, what trying every way finds', () => {
    const edge = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...NAMES))
    const strengths = fc.dictionary(fc.constantFrom(...NAMES), fc.integer({ min: 0, max: 5 }))
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 14 }), strengths, (edges, of) => {
        const graph = callGraph(incidentCase({ topology: { nodes: NAMES, edges } }), [])
        const strength = (name: string): number => of[name] ?? 0
        const found = widthsToSymptom('a', graph, strength)
        const widest = (node: string, width: number, way: readonly string[]): number => {
          const through = Math.min(width, strength(node))
          if (node === 'a') return through
          const above = graph.callers(node).filter((caller) => !way.includes(caller))
          return Math.max(0, ...above.map((caller) => widest(caller, through, [...way, caller])))
        }
        for (const name of NAMES) expect(found.get(name) ?? 0).toBe(widest(name, Infinity, [name]))
      }),
      { numRuns: 60 },
    )
  })
})
